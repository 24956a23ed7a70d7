use serde_json::Value;

use super::{array, bytes, cases, number};
use crate::address::{DeviceId, ProtocolAddress};
use crate::memory::MemorySenderKeys;
use crate::sender_keys::{
    DistributionId, DistributionMessage, GroupDecryptError, SenderKeyMessage, chain_steps,
};

pub(super) fn replay(file: &Value) {
    for scenario in cases(file, "scenarios") {
        let name = scenario["name"].as_str().unwrap();
        let sender = &scenario["sender"];
        let sender = ProtocolAddress::new(
            sender["name"].as_str().unwrap(),
            DeviceId::new(number(&sender["device"])).unwrap(),
        );
        let distribution = scenario["distribution_id"].as_str().unwrap().parse().unwrap();
        let distribution = DistributionId::new(distribution);
        let mut store = MemorySenderKeys::default();
        for (index, step) in cases(scenario, "steps").iter().enumerate() {
            let result = match step["op"].as_str().unwrap() {
                "process" => process(&mut store, &sender, distribution, &bytes(&step["message"])),
                "decrypt" => decrypt(&mut store, &sender, distribution, &bytes(&step["message"])),
                op => panic!("unknown operation {op}"),
            };
            let expected = match step["error"].as_str() {
                Some(error) => Err(error),
                None => Ok(step.get("plaintext").map(bytes)),
            };
            assert_eq!(result, expected, "{name}, step {index}");
        }
    }
    for chain in cases(file, "chains") {
        let steps = cases(chain, "steps");
        let ours = chain_steps(array(&chain["chain_key"]), steps.len());
        for (ours, step) in ours.iter().zip(steps) {
            assert_eq!(ours.iteration, number(&step["iteration"]));
            assert_eq!(ours.seed, array(&step["message_seed"]));
            assert_eq!(ours.iv, array(&step["iv"]));
            assert_eq!(ours.cipher_key, array(&step["cipher_key"]));
            assert_eq!(ours.next_chain_key, array(&step["next_chain_key"]));
        }
    }
}

fn process(
    store: &mut MemorySenderKeys,
    sender: &ProtocolAddress,
    distribution: DistributionId,
    message: &[u8],
) -> Result<Option<Vec<u8>>, &'static str> {
    let message = DistributionMessage::from_bytes(message).map_err(|_| "malformed")?;
    let changes = store.of(sender, distribution).record.process(&message).unwrap();
    store.apply(sender, distribution, &changes);
    Ok(None)
}

fn decrypt(
    store: &mut MemorySenderKeys,
    sender: &ProtocolAddress,
    distribution: DistributionId,
    message: &[u8],
) -> Result<Option<Vec<u8>>, &'static str> {
    let message = SenderKeyMessage::from_bytes(message).map_err(|_| "malformed")?;
    let kept = store.of(sender, distribution);
    let decrypted = kept
        .record
        .decrypt(&message, &kept.skipped)
        .map_err(|error| match error {
            GroupDecryptError::NoSenderKey => "no sender key state",
            GroupDecryptError::Duplicate => "duplicate",
            GroupDecryptError::BadSignature => "bad signature",
            GroupDecryptError::Invalid => "invalid",
        })?;
    store.apply(sender, distribution, &decrypted.changes);
    Ok(Some(decrypted.plaintext.to_vec()))
}
