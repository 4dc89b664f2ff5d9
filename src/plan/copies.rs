//! `copies`: every transform so many times for each training source.

use super::{Balance, ClassReport, Maker, PlanError, PlanItem, PlanRefusal, PlanSettings};
use crate::corpus::Split;

/// Refused draws are replaced by later ones, up to so many.
const SPARE: u64 = 16;

pub(super) fn by_copies(
    settings: &PlanSettings,
    members: &[Vec<usize>],
    makers: &[&dyn Maker],
    copies: u64,
) -> Result<Balance, PlanError> {
    for maker in makers {
        // What a transform offers at best: single sources may have fewer draws, and are reported then.
        let distinct = members
            .iter()
            .flatten()
            .map(|&source| maker.distinct(source))
            .max()
            .unwrap_or(0);
        if copies > distinct {
            return Err(PlanError::Copies {
                copies,
                maker: maker.name().to_owned(),
                distinct,
            });
        }
    }
    let most = settings.balance.max_per_source.map_or(u64::MAX, u64::from);
    let per_source =
        usize::try_from(copies.saturating_mul(makers.len() as u64).min(most)).unwrap_or(usize::MAX);
    let mut balance = Balance::default();
    for (all, name) in members.iter().zip(&settings.classes) {
        let mut report = ClassReport {
            name: name.clone(),
            trainable: all.len(),
            wanted: all.len().saturating_mul(per_source.saturating_add(1)),
            originals: all.len(),
            made: vec![0; makers.len()],
            ..ClassReport::default()
        };
        for &source in all {
            balance.items.push(PlanItem::original(source, Split::Train));
            let mut left = most;
            for (maker, with) in makers.iter().enumerate() {
                let made = of_source(source, maker, *with, copies.min(left), &mut balance);
                report.made[maker] += made as usize;
                left -= made;
            }
        }
        if report.short() > 0 {
            let short = report.short();
            balance.notes.push(format!(
                "class {name:?} is short by {short}: refused draws had no replacement"
            ));
        }
        balance.classes.push(report);
    }
    Ok(balance)
}

/// Plans up to `wanted` items of one source by one maker; gives their number.
fn of_source(source: usize, maker: usize, with: &dyn Maker, wanted: u64, balance: &mut Balance) -> u64 {
    let mut made = 0;
    for copy in 0..with.distinct(source).min(wanted.saturating_add(SPARE)) {
        if made == wanted {
            break;
        }
        match with.check(source, copy) {
            Ok(()) => {
                balance.items.push(PlanItem::made(source, maker, copy));
                made += 1;
            }
            Err(reason) => balance.refused.push(PlanRefusal {
                source,
                draw: Some((maker, copy)),
                reason,
            }),
        }
    }
    made
}
