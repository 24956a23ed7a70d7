//! Who gets an account at a relay that does not take everybody.

use std::path::Path;
use std::process::Command;

use ring::digest::{SHA256, digest};
use sotto_relay::config::Registration;
use sotto_wire::mailbox::{Answer, Request};
use sotto_wire::{Challenge, Pass, Refusal, RelayDoor, Work};

use crate::people::{Person, World};
use crate::servers::Postgres;

async fn world(registration: Registration) -> World {
    World::with(|config| {
        config.limits.registration = registration;
        config.limits.work_bits = 10;
    })
    .await
}

/// What the relay says to somebody who brings this.
async fn asks(world: &World, person: &Person, pass: Option<Pass>) -> Result<Answer, Refusal> {
    let mut line = world.mailbox().await;
    let request = person.registration(line.challenge, &world.address().authority());
    line.ask(with(request, pass)).await
}

fn with(request: Request, pass: Option<Pass>) -> Request {
    match request {
        Request::Register(mut register) => {
            register.pass = pass;
            Request::Register(register)
        }
        other => other,
    }
}

fn invites(data: &Path, arguments: &[&str]) -> Vec<RelayDoor> {
    let output = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
        .args(["invite", "--name", "relay.example", "--data"])
        .arg(data)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn pass(door: &RelayDoor) -> Option<Pass> {
    door.invite.map(Pass::Invite)
}

#[tokio::test]
async fn by_invite_only_and_each_is_good_for_as_many_as_it_says() {
    let world = world(Registration::InviteOnly).await;
    let doors = invites(world.folder.path(), &["--count", "2", "--accounts", "2"]);
    assert_eq!(doors.len(), 2);
    assert_eq!(doors[0].address.to_string(), "relay.example");
    let (alice, bob, carol) = (Person::new(), Person::new(), Person::new());
    assert_eq!(asks(&world, &alice, None).await, Err(Refusal::InviteRequired));
    let made_up = Some(Pass::Invite([7; 24].into()));
    assert_eq!(asks(&world, &alice, made_up).await, Err(Refusal::WrongInvite));
    assert_eq!(
        asks(&world, &alice, pass(&doors[0])).await,
        Ok(Answer::Registered)
    );
    // The same again is answered the same, and uses nothing up; nor is an account that is there asked again.
    assert_eq!(
        asks(&world, &alice, pass(&doors[0])).await,
        Ok(Answer::Registered)
    );
    assert_eq!(asks(&world, &alice, None).await, Ok(Answer::Registered));
    assert_eq!(asks(&world, &bob, pass(&doors[0])).await, Ok(Answer::Registered));
    assert_eq!(
        asks(&world, &carol, pass(&doors[0])).await,
        Err(Refusal::WrongInvite)
    );
    assert_eq!(
        asks(&world, &carol, pass(&doors[1])).await,
        Ok(Answer::Registered)
    );

    // What was used up stays so.
    let folder = world.folder;
    world.relay.shutdown().await;
    let relay = crate::people::start(folder.path(), |config| {
        config.limits.registration = Registration::InviteOnly;
    })
    .await;
    let world = World { relay, folder };
    assert_eq!(
        asks(&world, &Person::new(), pass(&doors[0])).await,
        Err(Refusal::WrongInvite)
    );
    world.connect(&alice).await;
}

/// `invite list` or `invite revoke`: the exit code, and what it says.
fn invite(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
        .arg("invite")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_withdrawn_while_the_relay_runs() {
    let world = world(Registration::InviteOnly).await;
    let data = world.folder.path();
    let doors = invites(data, &["--count", "3", "--accounts", "5", "--days", "3"]);
    let [unused, used, other] = &doors[..] else {
        panic!("three were asked for")
    };
    assert_eq!(
        asks(&world, &Person::new(), pass(used)).await,
        Ok(Answer::Registered)
    );
    let digits = |door: &RelayDoor| {
        door.invite
            .unwrap()
            .to_string()
            .chars()
            .take(16)
            .collect::<String>()
    };
    let (code, listed) = invite(data, &["list"]);
    assert_eq!(code, Some(0), "{listed}");
    assert_eq!(listed, format!("{}      1 accounts     2 days\n", digits(used)));

    // One as it was printed, the other by what is listed.
    let (code, said) = invite(data, &["revoke", &unused.to_string(), &digits(used)]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    for door in [unused, used] {
        assert_eq!(
            asks(&world, &Person::new(), pass(door)).await,
            Err(Refusal::WrongInvite)
        );
    }
    assert_eq!(
        asks(&world, &Person::new(), pass(other)).await,
        Ok(Answer::Registered)
    );
    let (_, listed) = invite(data, &["list"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert_eq!(listed.matches("withdrawn").count(), 2, "{listed}");

    let made_up = format!("relay.example#{}", "07".repeat(24));
    for (nonsense, complaint) in [
        (made_up.as_str(), "not of this relay"),
        ("0707070707070707", "no invite that begins with these digits"),
        ("relay.example", "that is no invite"),
    ] {
        let (code, said) = invite(data, &["revoke", nonsense]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(complaint), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_withdrawn_for_all_nodes() {
    let postgres = Postgres::start();
    let database = postgres.database("relay");
    let world = World::with(|config| {
        config.limits.registration = Registration::InviteOnly;
        config.database = Some(database.clone());
    })
    .await;
    let data = world.folder.path();
    let doors = invites(data, &["--count", "2"]);
    assert_eq!(
        asks(&world, &Person::new(), pass(&doors[0])).await,
        Ok(Answer::Registered)
    );
    let shared = ["--database", &database];
    let code = doors[1].invite.unwrap().to_string();
    let (status, said) = invite(data, &[&["revoke", &code][..], &shared].concat());
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(
        asks(&world, &Person::new(), pass(&doors[1])).await,
        Err(Refusal::WrongInvite)
    );
    let (_, listed) = invite(data, &[&["list"][..], &shared].concat());
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert_eq!(listed.matches("withdrawn").count(), 1, "{listed}");
}

fn work(challenge: Challenge, person: &Person, enough: bool) -> Option<Pass> {
    (0..u64::MAX).map(Work).find_map(|work| {
        let hash = digest(&SHA256, &work.string(&challenge, person.account));
        (Work::is_enough(hash.as_ref().try_into().unwrap(), 10) == enough).then_some(Pass::Work(work))
    })
}

#[tokio::test]
async fn for_some_work_which_cannot_be_done_in_store() {
    let world = world(Registration::ProofOfWork).await;
    let (alice, bob) = (Person::new(), Person::new());
    let name = world.address().authority();
    let mut line = world.mailbox().await;
    let challenge = line.challenge;
    let ask = |person: &Person, pass| with(person.registration(challenge, &name), pass);
    let wanted = Err(Refusal::WorkRequired { bits: 10 });
    assert_eq!(line.ask(ask(&alice, None)).await, wanted);
    assert_eq!(
        line.ask(ask(&alice, work(challenge, &alice, false))).await,
        wanted
    );
    // Done for somebody else, or on another connection.
    assert_eq!(line.ask(ask(&alice, work(challenge, &bob, true))).await, wanted);
    let other = world.mailbox().await.challenge;
    let stale = work(other, &alice, true);
    if let Some(Pass::Work(stale)) = stale {
        let hash = digest(&SHA256, &stale.string(&challenge, alice.account));
        // One in a thousand is enough by chance.
        if !Work::is_enough(hash.as_ref().try_into().unwrap(), 10) {
            assert_eq!(line.ask(ask(&alice, Some(Pass::Work(stale)))).await, wanted);
        }
    }
    assert_eq!(
        line.ask(ask(&alice, work(challenge, &alice, true))).await,
        Ok(Answer::Registered)
    );
}
