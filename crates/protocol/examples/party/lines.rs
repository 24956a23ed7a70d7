//! One request a line, one answer a line. A bad line is answered with an error, and the next one is read.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value, json};

use super::cast::Cast;
use super::operations;
use super::refusal::Refusal;

/// The longest line that is read; of a longer one nothing is kept. A batch of some ten thousand messages fits.
const LONGEST_LINE: usize = 64 << 20;

/// Answers requests until the input ends or asks to quit.
pub(crate) fn serve(cast: &mut Cast, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    while !cast.is_done() {
        let Some(line) = read_line(input)? else {
            return Ok(());
        };
        let answer = match line {
            Line::Whole(line) => match serde_json::from_slice(&line) {
                Ok(request) => answer(cast, request),
                Err(_) => refused(Value::Null, &Refusal::bad_request("the line is not JSON")),
            },
            Line::TooLong => refused(Value::Null, &Refusal::bad_request("the line is too long")),
        };
        serde_json::to_writer(&mut *output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

/// Answers one request, on a line of its own or in a batch.
pub(super) fn answer(cast: &mut Cast, request: Value) -> Value {
    let Value::Object(mut request) = request else {
        return refused(Value::Null, &Refusal::bad_request("a request is an object"));
    };
    let id = request.remove("id").unwrap_or(Value::Null);
    match carry_out(cast, request) {
        Ok(result) => json!({"id": id, "ok": true, "result": result}),
        Err(refusal) => refused(id, &refusal),
    }
}

fn carry_out(cast: &mut Cast, mut request: Map<String, Value>) -> Result<Value, Refusal> {
    let Some(Value::String(name)) = request.remove("op") else {
        return Err(Refusal::bad_request("`op` is the name of an operation"));
    };
    let operation =
        operations::find(&name).ok_or_else(|| Refusal::bad_request("there is no such operation"))?;
    operation(cast, Value::Object(request))
}

fn refused(id: Value, refusal: &Refusal) -> Value {
    json!({"id": id, "ok": false, "error": {"code": refusal.code(), "message": refusal.message()}})
}

enum Line {
    Whole(Vec<u8>),
    TooLong,
}

/// The next line without its end; `None` when the input is at its end.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    let mut began = false;
    loop {
        let available = match input.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if available.is_empty() {
            break;
        }
        began = true;
        let (piece, used, ended) = match available.iter().position(|&byte| byte == b'\n') {
            Some(end) => (available.get(..end).unwrap_or_default(), end + 1, true),
            None => (available, available.len(), false),
        };
        too_long |= line.len() + piece.len() > LONGEST_LINE;
        if too_long {
            line = Vec::new();
        } else {
            line.extend_from_slice(piece);
        }
        input.consume(used);
        if ended {
            break;
        }
    }
    Ok(match (began, too_long) {
        (false, _) => None,
        (true, false) => Some(Line::Whole(line)),
        (true, true) => Some(Line::TooLong),
    })
}
