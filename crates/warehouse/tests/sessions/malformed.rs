//! What is no message of the protocol: refused in its words, without waiting for what a length
//! only claims, and without harm to anyone else.

use std::io::Write;
use std::net::SocketAddr;

use dice::Dice;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::NoTls;

use crate::support::{MASTER, PASSWORD, Running, check, start};

/// Connections with damaged bytes, altogether.
const DAMAGED: u64 = 2_000;

/// A start-up packet of user `etl` and database `dev`.
const STARTUP: &[u8] = b"\x00\x00\x00\x1f\x00\x03\x00\x00user\0etl\0database\0dev\0\0";

/// Everything the server says to these bytes, after which there are no more.
async fn answer(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may have hung up before the last byte.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    said
}

fn address(cluster: &Running) -> SocketAddr {
    cluster.warehouse.address()
}

#[tokio::test(flavor = "multi_thread")]
async fn lengths_beyond_their_place_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let mut long_password = STARTUP.to_vec();
    long_password.extend(b"p\x3f\xff\xff\xff");
    for (bytes, expect) in [
        (&b"\x7f\xff\xff\xff\x00\x03\x00\x00user\0"[..], "invalid message length"),
        (b"\x00\x00\x27\x11\x00\x03\x00\x00", "invalid message length"),
        (b"\x00\x00\x00\x05\x00\x03\x00\x00", "invalid message format"),
        (&long_password, "invalid message length"),
    ] {
        let said = answer(address(&cluster), bytes).await;
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.contains("SFATAL\0C08P01\0M"), "{bytes:?}: {said:?}");
        assert!(said.contains(expect), "{bytes:?}: {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_breaks_the_protocol_is_told_and_ends_alone() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    for bytes in [&b"Q\x7f\xff\xff\xff"[..], b"\x00\x00\x00\x00\x04", b"B\x00\x00\x00\x05\x00"] {
        let stream = std::net::TcpStream::connect(address(&cluster)).unwrap();
        stream.set_nonblocking(true).unwrap();
        let mut beside = stream.try_clone().unwrap();
        let stream = TcpStream::from_std(stream).unwrap();
        let config = cluster.config(MASTER, PASSWORD);
        let (client, connection) = config.connect_raw(stream, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.simple_query("select 1").await.unwrap();
        beside.write_all(bytes).unwrap();
        let ended = connection.await.unwrap();
        let told = ended.err().map(|error| format!("{error:?}")).unwrap_or_default();
        assert!(told.contains("08P01"), "{bytes:?}: {told}");
    }
    check(&admin, &[("select 1", "1")]).await;
}

/// A start-up packet, or any bytes, with some of them changed, gone or added.
fn damaged(seed: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let mut bytes = STARTUP.to_vec();
    if dice.below(3) == 0 {
        bytes.extend(b"p\0\0\0\x0cmd5abcd\0");
    }
    for _ in 0..1 + dice.below(6) {
        let at = dice.below(bytes.len().max(1));
        let byte = dice.below(256) as u8;
        match dice.below(4) {
            0 => bytes.insert(at, byte),
            1 => bytes.truncate(at.max(1)),
            2 if bytes.len() > 1 => drop(bytes.remove(at)),
            _ => bytes[at] = byte,
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_start_up_packets_end_and_leave_the_cluster_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = start(directory.path());
    let admin = cluster.admin().await;
    let address = address(&cluster);
    let mut tasks = tokio::task::JoinSet::new();
    for lane in 0..8 {
        tasks.spawn(async move {
            for seed in (0..DAMAGED).filter(|seed| seed % 8 == lane) {
                let said = answer(address, &damaged(seed)).await;
                // Nothing, a request for a password, an error, or a word on encryption or version.
                let first = said.first().copied();
                assert!(
                    matches!(first, None | Some(b'R' | b'E' | b'S' | b'N' | b'v')),
                    "{seed}: {said:?}"
                );
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    check(&admin, &[("select 1", "1")]).await;
}
