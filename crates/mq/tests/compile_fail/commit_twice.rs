fn twice(session: &mut mq::Session) -> Result<(), mq::Error> {
    let unit = session.begin();
    unit.commit()?;
    unit.commit()
}

fn main() {}
