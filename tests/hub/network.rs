//! Networks and servers that fail for a while, or for ever.

use std::fs;
use std::time::Instant;

use crate::lab::{GRAPH, Lab};
use crate::server::{Reply, Request};

fn is_graph(request: &Request) -> bool {
    request.contents && request.method == "GET"
}

#[test]
fn a_transfer_that_was_cut_goes_on_where_it_stopped() {
    let lab = Lab::new();
    lab.hub
        .script(|request, before| match (is_graph(request), before) {
            (true, 0) => Reply::Cut(250_000),
            _ => Reply::Normal,
        });
    lab.pull()
        .ends(0)
        .says("the connection was cut")
        .says("trying again");
    let asked = lab.hub.asked("GET", &lab.hub.file(GRAPH).etag());
    assert_eq!(
        (asked.len(), asked[0].range(), asked[1].range()),
        (2, None, Some(250_000))
    );
    lab.has(&[GRAPH]);
}

#[test]
fn a_server_that_ignores_ranges_sends_all_of_it_again() {
    let lab = Lab::new();
    lab.hub
        .script(|request, before| match (is_graph(request), before) {
            (true, 0) => Reply::Cut(250_000),
            (true, _) => Reply::Whole(usize::MAX),
            _ => Reply::Normal,
        });
    lab.pull().ends(0);
    lab.has(&[GRAPH]);
}

#[test]
fn a_server_without_the_rest_or_with_another_part_is_asked_for_all_of_it() {
    for odd in [
        (416, vec![]),
        (206, vec![("content-range", "bytes 0-599999/600000".to_owned())]),
        (206, vec![]),
    ] {
        let lab = Lab::new();
        let (status, headers) = odd;
        lab.hub
            .script(move |request, before| match (is_graph(request), before) {
                (true, 0) => Reply::Cut(250_000),
                (true, 1) => Reply::Other(status, headers.clone(), vec![1; 600_000]),
                _ => Reply::Normal,
            });
        lab.pull().ends(0);
        assert_eq!(lab.hub.asked("GET", &lab.hub.file(GRAPH).etag())[2].range(), None);
        lab.has(&[GRAPH]);
    }
}

#[test]
fn a_transfer_that_is_cut_for_ever_gives_up_and_keeps_what_came() {
    let lab = Lab::new();
    lab.hub.script(|request, _| {
        if is_graph(request) {
            Reply::Whole(250_000)
        } else {
            Reply::Normal
        }
    });
    lab.pull()
        .ends(3)
        .says("gave up after 5 tries")
        .says("goes on from there");
    assert_eq!(lab.hub.asked("GET", &lab.hub.file(GRAPH).etag()).len(), 5);
    assert_eq!(fs::metadata(lab.incomplete(GRAPH)).unwrap().len(), 250_000);
    assert!(!lab.snapshot(GRAPH).exists() && !lab.repo().join("refs/main").exists());
    lab.is_sound();
    lab.hub.script(|_, _| Reply::Normal);
    lab.pull().ends(0);
    assert_eq!(
        lab.hub.asked("GET", &lab.hub.file(GRAPH).etag())[0].range(),
        Some(250_000)
    );
    lab.has(&[GRAPH]);
}

#[test]
fn a_hub_in_trouble_is_asked_again() {
    let lab = Lab::new();
    lab.hub.script(|_, before| {
        if before < 2 {
            Reply::Other(500, vec![], vec![])
        } else {
            Reply::Normal
        }
    });
    lab.pull().ends(0).says("the hub is in trouble (500)");
    lab.has(&[GRAPH]);
}

#[test]
fn an_address_that_ran_out_is_asked_for_anew() {
    let lab = Lab::new();
    lab.hub
        .script(|request, before| match (is_graph(request), before) {
            (true, 0) => Reply::Other(403, vec![], b"<Error>ExpiredToken</Error>".to_vec()),
            _ => Reply::Normal,
        });
    lab.pull().ends(0).says("127.0.0.1 answered 403");
    assert_eq!(lab.hub.asked("GET", GRAPH).len(), 2);
    lab.has(&[GRAPH]);
}

#[test]
fn too_many_requests_wait_as_long_as_the_hub_asks() {
    let lab = Lab::new();
    let wait = |header, value: &str| Reply::Other(429, vec![(header, value.to_owned())], vec![]);
    lab.hub
        .script(move |request, before| match (request.method.as_str(), before) {
            ("HEAD", 0) if request.path.ends_with("config.json") => wait("retry-after", "2"),
            ("HEAD", 0) if request.path.ends_with("tokenizer.json") => {
                wait("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")
            }
            ("HEAD", 0) => wait("ratelimit", "\"resolvers\";r=0;t=1"),
            _ => Reply::Normal,
        });
    let begun = Instant::now();
    lab.pull()
        .ends(0)
        .says("too many requests (429)")
        .says("trying again in 2.0 s")
        .says("trying again in 1.0 s");
    assert!(begun.elapsed().as_secs_f64() >= 3.0);
    lab.hub.script(move |_, _| wait("retry-after", "7200"));
    lab.pull()
        .ends(0)
        .says("cannot be reached")
        .says("wait for 7200 s");
    fs::remove_dir_all(lab.cache()).unwrap();
    lab.pull().ends(1).says("asks to wait for 7200 s");
}

#[test]
fn silence_is_not_waited_for_for_ever() {
    let lab = Lab::new();
    lab.hub
        .script(|request, before| match (is_graph(request), before) {
            (true, 0) => Reply::Stall(250_000),
            _ => Reply::Normal,
        });
    lab.pull_with(&[("HF_HUB_DOWNLOAD_TIMEOUT", "1")])
        .ends(0)
        .says("nothing came for 1 s");
    assert_eq!(
        lab.hub.asked("GET", &lab.hub.file(GRAPH).etag())[1].range(),
        Some(250_000)
    );
    lab.has(&[GRAPH]);
    lab.pull_with(&[("HF_HUB_DOWNLOAD_TIMEOUT", "soon")])
        .ends(1)
        .says("expected a whole number of seconds");
}

#[test]
fn a_slow_transfer_is_not_silence() {
    let lab = Lab::new();
    // About a second and a half for all of it, with a timeout of one.
    lab.hub.script(|request, _| {
        if is_graph(request) {
            Reply::Slow(4_000)
        } else {
            Reply::Normal
        }
    });
    lab.pull_with(&[("HF_HUB_DOWNLOAD_TIMEOUT", "1")])
        .ends(0)
        .hides("trying again");
    lab.has(&[GRAPH]);
}

#[test]
fn a_hub_that_is_not_there_is_said_or_the_cache_is_used() {
    let lab = Lab::new();
    lab.hub.down(true);
    lab.pull().ends(1).says("gave up after 5 tries").says("127.0.0.1");
    lab.hub.down(false);
    lab.pull().ends(0);
    lab.hub.down(true);
    lab.pull()
        .ends(0)
        .says("already there")
        .says("warning: the hub cannot be reached");
}

#[test]
fn a_full_disk_stops_and_can_go_on() {
    let lab = Lab::new();
    fs::create_dir_all(lab.incomplete(GRAPH).parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", lab.incomplete(GRAPH)).unwrap();
    lab.pull()
        .ends(3)
        .says("No space left on device")
        .says(".incomplete");
    lab.is_sound();
    fs::remove_file(lab.incomplete(GRAPH)).unwrap();
    lab.pull().ends(0);
    lab.has(&[GRAPH]);
}
