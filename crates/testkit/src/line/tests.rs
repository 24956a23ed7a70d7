use super::*;

use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes of a small unmasked binary frame.
fn binary(payload: &[u8]) -> Vec<u8> {
    [&[0x82, payload.len() as u8], payload].concat()
}

const REQUEST: &[u8] = b"GET /v1/mailbox HTTP/1.1\r\nHost: relay\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";

/// A relay that accepts whoever comes, and sends back every byte after that.
async fn parrot() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (from, mut to) = stream.into_split();
                let mut from = BufReader::new(from);
                read_head(&mut from).await?;
                to.write_all(ANSWER).await?;
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    address
}

async fn dial(line: &Line) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(line.address()).await?;
    stream.write_all(REQUEST).await?;
    let mut answer = vec![0; ANSWER.len()];
    stream.read_exact(&mut answer).await?;
    assert_eq!(answer, ANSWER);
    Ok(stream)
}

async fn line_to_a_parrot() -> Line {
    let line = Line::new().await;
    line.lead_to(Some(parrot().await));
    line
}

async fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    tokio::time::timeout(crate::TIMEOUT, stream.read_exact(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    bytes
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    let line = line_to_a_parrot().await;
    let mut stream = dial(&line).await.unwrap();
    stream.write_all(&binary(b"hello")).await.unwrap();
    assert_eq!(read(&mut stream, 7).await, binary(b"hello"));
}

#[tokio::test]
async fn a_line_that_leads_nowhere_ends_every_call() {
    let line = Line::new().await;
    assert!(dial(&line).await.is_err());
}

#[tokio::test]
async fn a_cut_line_ends_calls_and_refuses_new_ones_until_it_is_mended() {
    let line = line_to_a_parrot().await;
    let mut stream = dial(&line).await.unwrap();
    line.cut();
    let ended = tokio::time::timeout(crate::TIMEOUT, stream.read_u8())
        .await
        .unwrap();
    assert!(ended.is_err(), "the connection must end");
    assert!(dial(&line).await.is_err());
    line.mend();
    dial(&line).await.unwrap();
}

#[tokio::test]
async fn a_stalled_line_keeps_calls_and_says_nothing() {
    let line = line_to_a_parrot().await;
    let mut stream = dial(&line).await.unwrap();
    line.stall();
    stream.write_all(&binary(b"hello")).await.unwrap();
    let silence = tokio::time::timeout(Duration::from_millis(50), stream.read_u8()).await;
    assert!(silence.is_err(), "nothing may come through");
    line.mend();
    assert_eq!(read(&mut stream, 7).await, binary(b"hello"));
}

#[tokio::test]
async fn a_slow_line_delays_what_it_carries() {
    let line = line_to_a_parrot().await;
    let mut stream = dial(&line).await.unwrap();
    line.slow_down(Duration::from_millis(40));
    let before = Instant::now();
    stream.write_all(&binary(b"hello")).await.unwrap();
    read(&mut stream, 7).await;
    assert!(
        before.elapsed() >= Duration::from_millis(80),
        "there and back is two ways"
    );
}

#[tokio::test]
async fn a_meddler_doubles_loses_and_changes_messages_one_by_one() {
    let line = line_to_a_parrot().await;
    let seen = AtomicUsize::new(0);
    line.meddle(move |way, message| match way {
        Way::ToMailbox => vec![message],
        _ => match seen.fetch_add(1, Ordering::Relaxed) {
            0 => vec![message.clone(), message],
            1 => vec![],
            _ => vec![b"changed".to_vec()],
        },
    });
    let mut stream = dial(&line).await.unwrap();
    for word in [b"one".as_slice(), b"two", b"three"] {
        stream.write_all(&binary(word)).await.unwrap();
    }
    let expected = [binary(b"one"), binary(b"one"), binary(b"changed")].concat();
    assert_eq!(read(&mut stream, expected.len()).await, expected);
}
