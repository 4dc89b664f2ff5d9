//! The part of a round that translates.

use super::{Asked, Models, Proposal};
use crate::run::interrupt::Interrupt;
use crate::text::candidate::Route;
use crate::text::casing;
use crate::text::fluency;
use crate::text::gate::{GateSettings, Verdict};
use crate::text::models::{Request, RoundError};
use crate::text::refusal::Reason;

impl Asked<'_> {
    /// Proposes a translation for each open task, or says why there is none.
    pub(super) fn translate(
        &self,
        open: &[usize],
        models: &mut Models<'_>,
        interrupt: &Interrupt,
        refuse: &mut dyn FnMut(usize, Reason),
    ) -> Result<Vec<Proposal>, RoundError> {
        let Some(translator) = &mut models.translator else {
            open.iter().for_each(|&task| refuse(task, Reason::NoTranslation));
            return Ok(Vec::new());
        };
        let requests: Vec<Request> = open
            .iter()
            .map(|&task| {
                let text = self.tasks[task].text;
                Request {
                    text: if casing::is_upper_text(text) {
                        casing::sentence_case(text)
                    } else {
                        text.to_owned()
                    },
                    number: self.number(task),
                }
            })
            .collect();
        let answers = translator.translate(&requests, interrupt)?;
        let mut proposals = Vec::with_capacity(open.len());
        for (&task, answer) in open.iter().zip(answers) {
            let hops = answer.unwrap_or_default();
            let Some(last) = hops.last().filter(|hop| !hop.text.trim().is_empty()) else {
                refuse(task, Reason::NoTranslation);
                continue;
            };
            let text = if casing::is_upper_text(self.tasks[task].text) {
                last.text.to_uppercase()
            } else {
                last.text.clone()
            };
            proposals.push(Proposal {
                task,
                text,
                route: Route::Translation,
                changes: Vec::new(),
                hops,
            });
        }
        Ok(proposals)
    }

    /// Refuses translations that passed the gate and read much worse than their originals.
    pub(super) fn fluency(
        &self,
        proposals: &[Proposal],
        verdicts: &mut [Verdict],
        gate: &GateSettings,
        models: &mut Models<'_>,
        interrupt: &Interrupt,
    ) -> Result<(), RoundError> {
        let Some((filler, vocabulary)) = models.filler.as_mut().filter(|_| gate.fluency > 0.0) else {
            return Ok(());
        };
        let (passed, pairs) = self.passed(Route::Translation, proposals, verdicts);
        let found = fluency::measure(&pairs, &gate.language, &mut **filler, vocabulary, interrupt)?;
        for (index, found) in passed.into_iter().zip(found) {
            if !found.reaches(gate.fluency) {
                verdicts[index].1 = Err(Reason::Fluency);
            }
        }
        Ok(())
    }
}
