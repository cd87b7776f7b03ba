fn late(mut session: mq::Session) -> Result<(), mq::Error> {
    let unit = session.begin();
    session.disconnect()?;
    unit.commit()
}

fn main() {}
