//! Ctrl-C, termination and `kill -9` in the middle of a transfer.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::lab::{GRAPH, Lab, Ran};
use crate::server::{Reply, Request};

fn is_graph(request: &Request) -> bool {
    request.contents && request.method == "GET"
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn again(lab: &Lab) {
    let have = fs::metadata(lab.incomplete(GRAPH)).unwrap().len();
    assert!(have > 0);
    assert!(!lab.snapshot(GRAPH).exists());
    lab.is_sound();
    lab.hub.script(|_, _| Reply::Normal);
    lab.pull().ends(0);
    assert_eq!(
        lab.hub.asked("GET", &lab.hub.file(GRAPH).etag())[0].range(),
        Some(have as usize)
    );
    lab.has(&[GRAPH]);
}

#[test]
fn ctrl_c_stops_soon_and_the_next_run_goes_on() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let lab = Lab::new();
        lab.hub.script(|request, _| {
            if is_graph(request) {
                Reply::Stall(250_000)
            } else {
                Reply::Normal
            }
        });
        let child = lab.start();
        lab.wait_for_some_of(GRAPH);
        let begun = Instant::now();
        send(&child, signal);
        let ran: Ran = child.wait_with_output().unwrap().into();
        ran.ends(code).says("interrupted");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        again(&lab);
    }
}

#[test]
fn ctrl_c_is_heard_before_the_hub_answers_and_while_waiting() {
    let lab = Lab::new();
    for reply in [0, 1] {
        lab.hub.script(move |_, _| match reply {
            0 => Reply::Stall(0),
            _ => Reply::Other(429, vec![("retry-after", "100".to_owned())], vec![]),
        });
        let child = lab.start();
        while lab.hub.log().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(200));
        let begun = Instant::now();
        send(&child, "-INT");
        let ran: Ran = child.wait_with_output().unwrap().into();
        ran.ends(130);
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}

#[test]
fn a_killed_run_leaves_a_sound_cache_and_the_next_one_goes_on() {
    let lab = Lab::new();
    lab.hub.script(|request, _| {
        if is_graph(request) {
            Reply::Slow(20_000)
        } else {
            Reply::Normal
        }
    });
    let mut child = lab.start();
    lab.wait_for_some_of(GRAPH);
    child.kill().unwrap();
    child.wait().unwrap();
    again(&lab);
}
