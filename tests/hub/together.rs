//! Several at once.

use crate::lab::{GRAPH, Lab, Ran};
use crate::server::Reply;

#[test]
fn two_pulls_at_once_load_each_content_once() {
    let lab = Lab::new();
    lab.hub.script(|request, _| {
        if request.contents {
            Reply::Slow(6_000)
        } else {
            Reply::Normal
        }
    });
    let both = [lab.start(), lab.start()];
    let ran: Vec<Ran> = both
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().into())
        .collect();
    assert!(
        ran.iter()
            .any(|ran| ran.stderr.contains("another process is loading it; waiting"))
    );
    for ran in ran {
        ran.ends(0);
    }
    assert_eq!(lab.hub.asked("GET", &lab.hub.file(GRAPH).etag()).len(), 1);
    lab.has(&[GRAPH]);
}

#[test]
fn the_one_that_waits_goes_on_when_the_other_is_killed() {
    let lab = Lab::new();
    lab.hub
        .script(|request, before| match (request.contents, before) {
            (true, 0) => Reply::Stall(250_000),
            _ => Reply::Normal,
        });
    let mut first = lab.start();
    lab.wait_for_some_of(GRAPH);
    let second = lab.start();
    std::thread::sleep(std::time::Duration::from_millis(700));
    first.kill().unwrap();
    first.wait().unwrap();
    let ran: Ran = second.wait_with_output().unwrap().into();
    ran.ends(0);
    assert_eq!(
        lab.hub.asked("GET", &lab.hub.file(GRAPH).etag())[1].range(),
        Some(250_000)
    );
    lab.has(&[GRAPH]);
}
