//! Whatever a client sends is a call, or is refused; in memory that its length pays for.

use fuzz::{Random, bytes_at_once, each_case, mutated};

use super::calls::Call;
use super::delivery::{Stream, Wanted};
use super::initial;
use super::login::Login;
use super::segment::{Header, kind};
use super::structures::{Md, blank};
use super::wire::{Block, Order, Reader};
use crate::engine::Identity;

/// What readers of calls trip over: long promises, negative ones, versions, and eyecatchers in the wrong place.
const SPLINTERS: [&[u8]; 8] = [
    b"\xFF\xFF\xFF\xFF",
    b"\x7F\xFF\xFF\xFF",
    b"\0\0\0\0",
    b"\x80\0\0\0",
    b"\0\0\0\x04",
    b"OD  \0\0\0\x04",
    b"MD  \0\0\0\x01",
    b"FOPA\0\0\0\x02",
];

fn structure(eyecatcher: &[u8; 4], version: i32, length: usize) -> Vec<u8> {
    let mut block = Block::new(length, Order::Big);
    block.set(0, eyecatcher);
    block.set_word(4, version);
    block.bytes
}

fn md() -> Vec<u8> {
    Md { version: 2, descriptor: blank() }.bytes(Order::Big)
}

/// An MQOD with a selection string behind it.
fn od() -> Vec<u8> {
    let mut od = Block { bytes: structure(b"OD  ", 4, 400), order: Order::Big };
    od.set_word(360, 400);
    od.set_word(368, 8);
    [od.bytes, b"size > 1".to_vec()].concat()
}

/// One call of each kind.
fn calls() -> Vec<(u8, Vec<u8>)> {
    let gmo = structure(b"GMO ", 4, 112);
    let pmo = structure(b"PMO ", 3, 176);
    let data = b"\0\0\0\x04data".to_vec();
    let words = |words: &[i32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>();
    let spi = |verb: i32| [words(&[verb, 1, 256]), b"SPOU\0\0\0\x01\0\0\0\x0C".to_vec()].concat();
    let parts = [structure(b"SPOI", 1, 12), structure(b"LPOO", 1, 32), od()].concat();
    let bodies = [
        (kind::MQCONN, vec![b' '; 348]),
        (kind::MQOPEN, [od(), words(&[0x2020]), structure(b"FOPA", 1, 28)].concat()),
        (kind::MQCLOSE, words(&[0])),
        (kind::MQGET, [md(), gmo, words(&[4096])].concat()),
        (kind::MQPUT, [md(), pmo.clone(), data.clone()].concat()),
        (kind::MQPUT1, [structure(b"OD  ", 1, 168), md(), pmo, data].concat()),
        (kind::MQINQ, words(&[2, 1, 48, 3, 2016])),
        (kind::MQSET, words(&[1, 1, 0, 10, 1])),
        (kind::MQSTAT, [words(&[0]), structure(b"STAT", 1, 224)].concat()),
        (kind::SPI, spi(1)),
        (kind::SPI, [spi(6), structure(b"SPRI", 1, 12), words(&[24, 100])].concat()),
        (kind::SPI, [spi(12), parts].concat()),
    ];
    bodies.into_iter().map(|(kind, body)| (kind, [vec![0; 16], body].concat())).collect()
}

fn order(random: &mut Random) -> Order {
    if random.once_in(4) { Order::Little } else { Order::Big }
}

#[test]
fn any_call_is_understood_or_refused() {
    let login = Login::default();
    let calls = calls();
    for (kind, body) in &calls {
        Call::read(*kind, body, Order::Big, &login, "CHANNEL")
            .unwrap_or_else(|broken| panic!("{kind:#x}: {broken:?}"));
    }
    each_case(1, |random| {
        for (kind, right) in &calls {
            let body = mutated(right, &SPLINTERS, random);
            let order = order(random);
            let peak = bytes_at_once(|| drop(Call::read(*kind, &body, order, &login, "CHANNEL")));
            assert!(peak < 20_000 + 20 * body.len() as u64, "{peak} bytes for {}", body.len());
        }
    });
}

#[test]
fn any_other_segment_is_understood_or_refused() {
    let identity = Identity { name: "QM1".into(), identifier: "QM1_1".into(), run: 1 };
    let mut id = vec![0; 240];
    id.splice(..4, *b"ID  ");
    let wanted =
        [1, 7, 0, 1, -1, 0, 0, 0, 0x18, 0, 0x0001_0002, 0, 0, 0, 0, 0x23].map(i32::to_be_bytes).concat();
    let wanted = [wanted, vec![5; 64]].concat();
    Wanted::read(Reader::new(&wanted, Order::Big)).unwrap();
    let credentials = [&b"CAUT"[..], &[1, 9, 9, 3, 6].map(i32::to_be_bytes).concat(), b"appsecret"].concat();
    each_case(1, |random| {
        let order = order(random);
        _ = initial::answer(&mutated(&id, &SPLINTERS, random), order, &identity, |_| true);
        let wanted = mutated(&wanted, &SPLINTERS, random);
        if let Ok(wanted) = Wanted::read(Reader::new(&wanted, order)) {
            wanted.get(&mut Stream::default());
        }
        let mut login = Login::default();
        _ = login.read_credentials(Reader::new(&mutated(&credentials, &SPLINTERS, random), order));
        _ = login.read_user(&random.bytes(200));
        _ = Header::read(&mutated(b"TSHM\0\0\0\x24\0\0\0\x01\0\0\0\0\x01\x8A\x30\0", &SPLINTERS, random));
    });
}
