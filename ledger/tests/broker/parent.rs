//! A parent of brokers that dies: this program, started once more with a part to play.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio, exit};
use std::thread;
use std::time::{Duration, Instant};

use ledger::log::kafka::broker::{ClusterPlan, OwnCluster, cluster_for_tests};

const PART: &str = "TERMINBUCH_TEST_PART";

/// What the system says of a process, a single letter; none when there is no such process.
pub(crate) fn state(pid: u32) -> Option<char> {
    let told = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    told.rsplit_once(')')?.1.trim_start().chars().next()
}

pub(crate) fn runs(pid: u32) -> bool {
    !matches!(state(pid), None | Some('Z' | 'X'))
}

fn play(part: &str, variables: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parent::the_part", "--nocapture"])
        .env(PART, part)
        .env_remove("KAFKA_BROKERS")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Does nothing unless this program was started to play a part.
#[test]
fn the_part() {
    match std::env::var(PART).as_deref() {
        Ok("parent") => {
            let cluster = OwnCluster::start(&ClusterPlan::default()).unwrap();
            tell(&format!("told {} {}", cluster.pid(1).unwrap(), cluster.log_file(1).display()));
            loop {
                thread::park();
            }
        }
        Ok("asks") => {
            let said = cluster_for_tests()
                .map_or_else(|error| error.to_string(), |cluster| cluster.bootstrap().to_owned());
            tell(&format!("told {said}"));
            // Nobody reads any further.
            exit(0);
        }
        _ => {}
    }
}

#[expect(clippy::print_stdout, reason = "the other process reads it")]
fn tell(what: &str) {
    println!("\n{what}");
}

fn told(child: &mut Child) -> String {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .map_while(Result::ok)
        .find_map(|line| Some(line.strip_prefix("told ")?.to_owned()))
        .expect("it tells")
}

#[test]
fn nothing_is_left_of_a_cluster_whose_parent_was_killed() {
    let mut parent = play("parent", &[]);
    let told = told(&mut parent);
    let (pid, log) = told.split_once(' ').unwrap();
    let pid = pid.parse().unwrap();
    let room = Path::new(log).ancestors().nth(2).unwrap();
    assert!(runs(pid) && room.join("1/server.properties").exists());

    parent.kill().unwrap();
    parent.wait().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while (runs(pid) || room.exists()) && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!runs(pid), "the broker lives on");
    assert!(!room.exists(), "{} is left behind", room.display());
}

#[test]
fn without_kafka_or_java_it_is_said_how_to_get_them() {
    let said = told(&mut play("asks", &[("TERMINBUCH_KAFKA_LIBS", "/nowhere")]));
    assert_eq!(
        said,
        "there is no Apache Kafka in /nowhere. Run .ci/setup once, or set TERMINBUCH_KAFKA_LIBS to a folder with its jars"
    );
    let said = told(&mut play("asks", &[("JAVA_HOME", "/nowhere")]));
    assert!(said.contains("Java 17") && said.contains(".ci/setup"), "{said}");
}

#[test]
fn another_cluster_can_be_named() {
    assert_eq!(told(&mut play("asks", &[("KAFKA_BROKERS", "far.example:9092")])), "far.example:9092");
}
