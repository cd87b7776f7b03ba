fn two_at_once(session: &mut mq::Session) -> Result<(), mq::Error> {
    let first = session.begin();
    let second = session.begin();
    first.commit()?;
    second.commit()
}

fn main() {}
