//! HTTP as the relay's neighbours speak it: watchers, proxies, and those who are turned away.

use std::net::SocketAddr;

use sotto_wire::RelayAddress;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::http::{Response, StatusCode};

/// What a GET is answered: the status and the body.
pub(crate) async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, body.to_owned())
}

/// The value of a metric, named with its labels; 0 if it is not there yet.
pub(crate) fn metric(text: &str, name: &str) -> f64 {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0.0, |value| value.parse().unwrap())
}

/// A dial through a proxy that says for whom; what the relay answers if it does not take it.
pub(crate) async fn dial_for(
    address: &RelayAddress,
    path: &str,
    client: &str,
) -> Result<crate::lines::Line, Response<Option<Vec<u8>>>> {
    let mut request = address.endpoint(path).into_client_request().unwrap();
    request
        .headers_mut()
        .insert("x-forwarded-for", client.parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => Ok(crate::lines::Line::new(socket)),
        Err(Error::Http(response)) => Err(*response),
        Err(error) => panic!("neither taken nor turned away: {error}"),
    }
}

/// Turned away for coming too often, and told when to come again.
pub(crate) fn is_too_many(answer: &Response<Option<Vec<u8>>>) -> bool {
    let after = answer.headers().get("retry-after");
    answer.status() == StatusCode::TOO_MANY_REQUESTS
        && after.is_some_and(|after| after.to_str().unwrap().parse::<u64>().unwrap() > 0)
}
