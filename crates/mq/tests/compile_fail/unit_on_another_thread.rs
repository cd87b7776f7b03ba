fn away(session: &'static mut mq::Session) {
    let unit = session.begin();
    std::thread::spawn(move || unit.commit());
}

fn main() {}
