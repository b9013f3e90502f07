//! HTTP/1.1 over a plain socket, so that a test sees what really comes back.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub asked: String,
}

impl Answer {
    #[track_caller]
    pub fn expect_status(&self, status: u16) -> &Self {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{}\n{body}", self.asked);
        self
    }

    /// A problem of this rule: status, type and header agree, and it says what to do next.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, rule: &str) -> Value {
        self.expect_status(status);
        let problem = self.json();
        assert_eq!(problem["rule"], rule, "{}\n{problem}", self.asked);
        assert_eq!(problem["status"], status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert!(problem["type"].as_str().is_some_and(|place| place.starts_with("/problems/")), "{problem}");
        assert!(problem["next"].as_str().is_some_and(|next| !next.is_empty()), "{problem}");
        problem
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{}: {error}: {}", self.asked, String::from_utf8_lossy(&self.body))
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn position(&self) -> String {
        self.header("terminbuch-position").unwrap_or_else(|| panic!("{}: no position", self.asked)).to_owned()
    }
}

/// One request on a connection of its own.
pub fn send(to: SocketAddr, method: &str, path: &str, bearer: Option<&str>, body: Option<&Value>) -> Answer {
    let mut headers = Vec::new();
    if let Some(bearer) = bearer {
        headers.push(format!("Authorization: Bearer {bearer}"));
    }
    let body = body.map(Value::to_string);
    if body.is_some() {
        headers.push("Content-Type: application/json".to_owned());
    }
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    Connection::to(to).ask(method, path, &headers, body.as_deref().unwrap_or_default().as_bytes())
}

pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
        Self(BufReader::new(stream))
    }

    pub fn ask(&mut self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: terminbuch\r\n");
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        self.write(text.as_bytes());
        self.write(body);
        let mut answer = self.read(method == "HEAD");
        answer.asked = format!("{method} {path}");
        answer
    }

    pub fn write(&mut self, bytes: &[u8]) {
        // A server that has answered already may have closed; the answer is what counts.
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// The next line that comes.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "the server has closed");
        line
    }

    pub fn read(&mut self, bodiless: bool) -> Answer {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a status line");
        let status =
            line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{line:?}"));
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a header");
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; if bodiless || status == 304 { 0 } else { length }];
        self.0.read_exact(&mut body).expect("the body");
        Answer { status, headers, body, asked: String::new() }
    }

    /// Sends one request and reads until the server closes; what came.
    pub fn rest_of_one_request(&mut self) -> String {
        self.write(b"GET /v1/centres HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
        String::from_utf8_lossy(&self.rest()).into_owned()
    }

    /// Reads until the server closes; what came.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A reset is an end, too; that nothing comes for so long is none.
        let error = self.0.read_to_end(&mut bytes).err().map(|error| error.kind());
        assert!(
            !matches!(error, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)),
            "the server does not close"
        );
        bytes
    }
}
