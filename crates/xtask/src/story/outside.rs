//! Somebody outside, who sees everyone that comes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

/// A web server on this machine, until it is dropped.
pub(crate) struct Outside {
    address: SocketAddr,
    visits: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Outside {
    pub(crate) async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let visits = Arc::default();
        let serving = tokio::spawn(serve(listener, Arc::clone(&visits)));
        Ok(Self {
            address,
            visits,
            serving,
        })
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Visits it, as proof that a visit is seen.
    pub(crate) async fn knock(&self) -> io::Result<()> {
        let mut visitor = TcpStream::connect(self.address).await?;
        visitor.write_all(b"GET /knock HTTP/1.1\r\n\r\n").await?;
        visitor.read_to_end(&mut Vec::new()).await.map(drop)
    }

    /// What the visitors asked for so far.
    pub(crate) fn visits(&self) -> Vec<String> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, visits: Arc<Mutex<Vec<String>>>) {
    while let Ok((visitor, _)) = listener.accept().await {
        tokio::spawn(receive(visitor, Arc::clone(&visits)));
    }
}

/// A connection counts as soon as it is there, whatever is said on it.
async fn receive(mut visitor: TcpStream, visits: Arc<Mutex<Vec<String>>>) {
    let mut said = [0; 512];
    let length = visitor.read(&mut said).await.unwrap_or_default();
    let said = String::from_utf8_lossy(said.get(..length).unwrap_or_default());
    let asked = said.lines().next().unwrap_or_default().to_owned();
    visits.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    // Who does not want the answer was seen all the same.
    let _ = visitor.write_all(ANSWER).await;
}
