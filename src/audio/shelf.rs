//! Room responses that are ready to be convolved with, kept from one item to the next.

use super::response::Response;

/// Memory for the kept responses of one thread, in bytes: all of a usual bank.
const MOST_BYTES: usize = 16 << 20;

/// Which response: the hash of the file it comes from, and the rate in Hz that it was prepared for.
type Key = ([u8; 32], u32);

/// Keeps the responses that were used last, as many as fit. One per thread.
#[derive(Default)]
pub struct Shelf {
    /// The one used last comes last.
    responses: Vec<(Key, Response)>,
}

impl Shelf {
    /// The response of the file with this hash for signals of `rate` Hz, from `make` if it is not here.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn response<E>(
        &mut self,
        hash: [u8; 32],
        rate: u32,
        make: impl FnOnce() -> Result<Response, E>,
    ) -> Result<&mut Response, E> {
        let key = (hash, rate);
        let found = match self.responses.iter().position(|(other, _)| *other == key) {
            Some(place) => self.responses.remove(place),
            None => (key, make()?),
        };
        // Spectra are added while a response lies here, so the sum is taken each time.
        let mut bytes = found.1.kernel.bytes() + self.bytes();
        while bytes > MOST_BYTES && !self.responses.is_empty() {
            bytes -= self.responses.remove(0).1.kernel.bytes();
        }
        self.responses.push(found);
        let last = self.responses.len() - 1;
        Ok(&mut self.responses[last].1)
    }

    fn bytes(&self) -> usize {
        self.responses
            .iter()
            .map(|(_, response)| response.kernel.bytes())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::response;

    fn made(samples: usize) -> Response {
        let mut pulse = vec![0.0; samples];
        pulse[0] = 1.0;
        response::prepare(&pulse, 16_000).unwrap()
    }

    #[test]
    fn a_response_is_made_once_for_each_rate() {
        let mut shelf = Shelf::default();
        let mut made_for = Vec::new();
        for rate in [16_000, 16_000, 8_000, 16_000] {
            let response = shelf.response([1; 32], rate, || {
                made_for.push(rate);
                Ok::<_, ()>(made(10))
            });
            assert_eq!(response.unwrap().kernel.samples().len(), 10);
        }
        assert_eq!(made_for, [16_000, 8_000]);
    }

    #[test]
    fn what_was_not_used_for_long_goes_first() {
        let mut shelf = Shelf::default();
        let third = MOST_BYTES / 4 / 3;
        for name in [1, 2, 3, 1, 4] {
            shelf
                .response([name; 32], 16_000, || Ok::<_, ()>(made(third)))
                .unwrap();
        }
        let kept: Vec<u8> = shelf.responses.iter().map(|((hash, _), _)| hash[0]).collect();
        assert_eq!(kept, [3, 1, 4]);
        shelf
            .response([5; 32], 16_000, || Ok::<_, ()>(made(2 * MOST_BYTES)))
            .unwrap();
        assert_eq!(shelf.responses.len(), 1);
    }

    #[test]
    fn what_can_t_be_made_is_not_kept() {
        let mut shelf = Shelf::default();
        assert_eq!(
            shelf.response([1; 32], 16_000, || Err("silent")).unwrap_err(),
            "silent"
        );
        assert!(shelf.responses.is_empty());
    }
}
