//! How long a server asks to wait: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), or the `t` of the hub's
//! own `RateLimit` header (draft-ietf-httpapi-ratelimit-headers).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;

/// The wait that an answer asks for, if it asks for one that can be read.
pub fn wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    text("retry-after")
        .and_then(|value| after(value, now))
        .or_else(|| text("ratelimit").and_then(window))
}

fn after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let then = UNIX_EPOCH + Duration::from_secs(date(value)?);
    Some(then.duration_since(now).unwrap_or_default())
}

/// `"api";r=0;t=55`: the window is over in 55 seconds.
fn window(value: &str) -> Option<Duration> {
    let mut parameters = value.split([';', ',']).map(str::trim);
    let seconds = parameters.find_map(|parameter| parameter.strip_prefix("t="))?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, the form that senders have to use.
fn date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64;
    let year: u64 = words
        .next()?
        .parse()
        .ok()
        .filter(|year| (1970..=9999).contains(year))?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next() != Some("GMT") || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970 of a year that begins in March, so that the leap day is its last.
    let (year, month) = if month < 2 {
        (year - 1, month + 10)
    } else {
        (year, month - 2)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 946_684_799),
        ] {
            assert_eq!(date(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "soon",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 99 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_three_forms() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_770);
        let with = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            wait(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(with("retry-after", "3"), Some(3));
        assert_eq!(with("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
        assert_eq!(with("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(with("retry-after", "x"), None);
        assert_eq!(with("ratelimit", "\"api\";r=0;t=55"), Some(55));
        assert_eq!(with("ratelimit", "\"api\";r=0"), None);
    }
}
