//! A proxy on loopback between us and a broker: the connection that can be cut, held up and made deaf.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It arrives.
    Open,
    /// It arrives when the way is open again.
    Stalled,
    /// Requests arrive; answers only when the way is open again.
    Deaf,
    /// There is no connection, and none can be made.
    Cut,
}

/// Listens as long as the process lives. Clones are the same.
#[derive(Clone)]
pub(crate) struct Proxy {
    address: SocketAddr,
    road: Arc<Road>,
}

struct Road {
    way: Mutex<Way>,
    changed: Condvar,
    target: Mutex<Option<SocketAddr>>,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Leads nowhere yet.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let road = Arc::new(Road {
            way: Mutex::new(Way::Open),
            changed: Condvar::new(),
            target: Mutex::new(None),
            open: Mutex::new(Vec::new()),
        });
        let proxy = Self { address, road: Arc::clone(&road) };
        thread::spawn(move || listener.incoming().flatten().for_each(|client| Road::connect(&road, client)));
        proxy
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn lead_to(&self, target: SocketAddr) {
        *self.road.target.lock().unwrap() = Some(target);
    }

    pub(crate) fn make(&self, way: Way) {
        *self.road.way.lock().unwrap() = way;
        if way == Way::Cut {
            self.cut_once();
        }
        self.road.changed.notify_all();
    }

    /// Ends all connections there are; what is under way on them is lost. New ones can be made.
    pub(crate) fn cut_once(&self) {
        for stream in self.road.open.lock().unwrap().drain(..) {
            // One that has ended by itself is no loss.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.road.changed.notify_all();
    }
}

impl Road {
    fn connect(road: &Arc<Self>, client: TcpStream) {
        let Some(target) = *road.target.lock().unwrap() else { return };
        if *road.way.lock().unwrap() == Way::Cut {
            return;
        }
        let Ok(broker) = TcpStream::connect(target) else { return };
        let mut open = road.open.lock().unwrap();
        for stream in [&client, &broker] {
            stream.set_nodelay(true).unwrap();
            open.push(stream.try_clone().unwrap());
        }
        drop(open);
        for (from, to, held_up_by) in [
            (client.try_clone().unwrap(), broker.try_clone().unwrap(), &[Way::Stalled][..]),
            (broker, client, &[Way::Stalled, Way::Deaf][..]),
        ] {
            let road = Arc::clone(road);
            thread::spawn(move || road.pass(from, to, held_up_by));
        }
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream, held_up_by: &[Way]) {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            let way = self.way.lock().unwrap();
            let way = self.changed.wait_while(way, |way| held_up_by.contains(way)).unwrap();
            drop(way);
            if to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    }
}
