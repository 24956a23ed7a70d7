use super::*;
use crate::hashes::UserNameHash;
use crate::pepper::Pepper;

fn hashed(name: &str) -> UserNameHash {
    let folder = tempfile::tempdir().unwrap();
    // The same name has the same hash only under the same pepper.
    std::fs::write(folder.path().join("pepper"), [9; 32]).unwrap();
    let pepper = Pepper::open(&folder.path().join("pepper"), false).unwrap();
    pepper.user_name(&name.parse().unwrap())
}

fn named(registration: Registration, name: &str) -> Registration {
    Registration {
        user_name: Some(hashed(name)),
        ..registration
    }
}

pub(super) async fn the_first_key_of_an_account_stays(nodes: Nodes) {
    let alice = Somebody::new();
    assert_eq!(nodes.one.register(alice.registration()).await.await, Ok(()));
    assert_eq!(nodes.two.register(alice.registration()).await.await, Ok(()));
    let mallory = Registration {
        identity_key: [6; 33].into(),
        ..alice.registration()
    };
    assert_eq!(
        nodes.two.register(mallory).await.await,
        Err(Refusal::AlreadyRegistered)
    );
    let owner = nodes.one.owner(alice.address).await.unwrap().unwrap();
    assert_eq!(owner.identity_key, [5; 33].into());
    assert!(nodes.one.owner(Somebody::new().address).await.unwrap().is_none());
}

pub(super) async fn a_user_name_is_one_accounts_alone(nodes: Nodes) {
    let (alice, bob) = (Somebody::new(), Somebody::new());
    let registration = named(alice.registration(), "alice");
    let name = registration.user_name.clone().unwrap();
    assert_eq!(nodes.one.find_user_name(name.clone()).await, Ok(None));
    assert_eq!(nodes.one.register(registration.clone()).await.await, Ok(()));
    assert_eq!(nodes.two.register(registration).await.await, Ok(()));
    assert_eq!(
        nodes.two.find_user_name(name).await,
        Ok(Some(alice.address.account))
    );
    let taken = named(bob.registration(), "alice");
    assert_eq!(nodes.two.register(taken).await.await, Err(Refusal::UserNameTaken));
    assert!(nodes.two.owner(bob.address).await.unwrap().is_none());
    // An account has one name.
    let other = named(alice.registration(), "alicia");
    assert_eq!(
        nodes.one.register(other).await.await,
        Err(Refusal::AlreadyRegistered)
    );
}

pub(super) async fn of_two_who_want_a_name_at_once_one_gets_it(nodes: Nodes) {
    for round in 0..10 {
        let name = format!("name-{round}");
        let (alice, bob) = (Somebody::new(), Somebody::new());
        let first = nodes.one.register(named(alice.registration(), &name)).await;
        let second = nodes.two.register(named(bob.registration(), &name)).await;
        let outcomes = [first.await, second.await];
        assert!(outcomes.contains(&Ok(())), "{outcomes:?}");
        assert!(outcomes.contains(&Err(Refusal::UserNameTaken)), "{outcomes:?}");
    }
}

pub(super) async fn a_name_that_was_given_up_is_free_and_an_account_has_one_at_a_time(nodes: Nodes) {
    let (alice, bob) = (nodes.join().await, nodes.join().await);
    let (first, second) = (hashed("al.first"), hashed("al.second"));
    let set = async |store: &Store, somebody: &Somebody, name: Option<&UserNameHash>| {
        store.set_user_name(somebody.address, name.cloned()).await.await
    };
    let holder = async |name: &UserNameHash| nodes.one.find_user_name(name.clone()).await.unwrap();
    assert_eq!(set(&nodes.one, &alice, Some(&first)).await, Ok(()));
    assert_eq!(set(&nodes.two, &alice, Some(&first)).await, Ok(()));
    assert_eq!(holder(&first).await, Some(alice.address.account));
    assert_eq!(
        set(&nodes.two, &bob, Some(&first)).await,
        Err(Refusal::UserNameTaken)
    );
    assert_eq!(set(&nodes.two, &alice, Some(&second)).await, Ok(()));
    assert_eq!(holder(&first).await, None);
    assert_eq!(set(&nodes.two, &bob, Some(&first)).await, Ok(()));
    assert_eq!(set(&nodes.one, &alice, None).await, Ok(()));
    assert_eq!(set(&nodes.one, &alice, None).await, Ok(()));
    assert_eq!(holder(&second).await, None);
    assert_eq!(holder(&first).await, Some(bob.address.account));
    let nobody = Somebody::new();
    let unknown = set(&nodes.one, &nobody, Some(&second)).await;
    assert_eq!(unknown, Err(Refusal::UnknownAccount));
}

pub(super) async fn of_two_who_change_to_a_name_at_once_one_gets_it(nodes: Nodes) {
    for round in 0..10 {
        let name = hashed(&format!("wanted-{round}"));
        let (alice, bob) = (nodes.join().await, nodes.join().await);
        let first = nodes.one.set_user_name(alice.address, Some(name.clone())).await;
        let second = nodes.two.set_user_name(bob.address, Some(name.clone())).await;
        let outcomes = [first.await, second.await];
        assert!(outcomes.contains(&Ok(())), "{outcomes:?}");
        assert!(outcomes.contains(&Err(Refusal::UserNameTaken)), "{outcomes:?}");
    }
}

pub(super) async fn a_closed_relay_takes_devices_of_accounts_it_has_and_no_new_accounts(nodes: Nodes) {
    let alice = Somebody::new();
    let closed = || Registration {
        if_new: IfNew::Refused(Refusal::RegistrationClosed),
        ..alice.registration()
    };
    let refused = nodes.one.register(closed()).await.await;
    assert_eq!(refused, Err(Refusal::RegistrationClosed));
    assert_eq!(nodes.one.register(alice.registration()).await.await, Ok(()));
    assert_eq!(nodes.two.register(closed()).await.await, Ok(()));
}

pub(super) async fn an_invite_makes_as_many_accounts_as_it_says_whichever_node_is_asked(nodes: Nodes) {
    let invite = SpentInvite {
        id: *b"invited!",
        accounts: 3,
        expires_at_ms: u64::MAX,
    };
    let by_invite = |somebody: &Somebody| Registration {
        if_new: IfNew::Spends(invite),
        ..somebody.registration()
    };
    let people: Vec<Somebody> = (0..4).map(|_| Somebody::new()).collect();
    for (number, somebody) in people.iter().take(3).enumerate() {
        let node = if number % 2 == 0 { &nodes.one } else { &nodes.two };
        assert_eq!(node.register(by_invite(somebody)).await.await, Ok(()));
        // The same again uses nothing up.
        assert_eq!(nodes.one.register(by_invite(somebody)).await.await, Ok(()));
    }
    let last = people.last().map(by_invite).unwrap();
    assert_eq!(nodes.two.register(last).await.await, Err(Refusal::WrongInvite));
}
