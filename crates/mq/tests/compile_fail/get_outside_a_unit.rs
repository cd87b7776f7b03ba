fn get(session: &mut mq::Session, queue: mq::Queue, options: mq::GetOptions) -> Result<Option<mq::Message>, mq::Error> {
    session.get(queue, options)
}

fn main() {}
