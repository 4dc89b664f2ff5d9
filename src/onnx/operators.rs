//! Which operators a graph is made of, read from its file without its weights.
//!
//! An ONNX file is a protocol buffer (onnx.proto): ModelProto.graph = 7, GraphProto.node = 1, NodeProto.op_type = 4,
//! NodeProto.attribute = 5, AttributeProto.g = 6 and .graphs = 11 (the branches of `If` and `Loop`). Weights are
//! other fields, which are skipped by their lengths, so that a file of gigabytes costs a few reads.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Operators that scale a whole tensor by what is in it: a row's result then depends on the rows beside it.
const DYNAMIC: &[&str] = &[
    "DynamicQuantizeLinear",
    "DynamicQuantizeMatMul",
    "DynamicQuantizeLSTM",
];

/// No operator's name is as long.
const NAME_LIMIT: u64 = 1024;

/// Deeper graphs within graphs are not read.
const DEPTH_LIMIT: usize = 32;

/// Whether a graph's rows depend on what else is in their batch, as 8-bit models with dynamic scales do.
///
/// # Errors
/// When the file can't be read or is no ONNX graph.
pub fn depends_on_batch(graph: &Path) -> io::Result<bool> {
    Ok(operators(graph)?
        .iter()
        .any(|name| DYNAMIC.contains(&name.as_str())))
}

/// The names of all operators of a graph and the graphs within it.
///
/// # Errors
/// When the file can't be read or is no ONNX graph.
pub fn operators(graph: &Path) -> io::Result<BTreeSet<String>> {
    let file = File::open(graph)?;
    let end = file.metadata()?.len();
    let mut reader = Reader {
        file: BufReader::new(file),
        at: 0,
    };
    let mut names = BTreeSet::new();
    reader.message(end, 0, &MODEL, &mut names)?;
    Ok(names)
}

/// What to do with the fields of a message: enter them, or read them as an operator's name.
struct Shape {
    enter: &'static [(u64, &'static Shape)],
    name: Option<u64>,
}

static MODEL: Shape = Shape {
    enter: &[(7, &GRAPH)],
    name: None,
};
static GRAPH: Shape = Shape {
    enter: &[(1, &NODE)],
    name: None,
};
static NODE: Shape = Shape {
    enter: &[(5, &ATTRIBUTE)],
    name: Some(4),
};
static ATTRIBUTE: Shape = Shape {
    enter: &[(6, &GRAPH), (11, &GRAPH)],
    name: None,
};

struct Reader {
    file: BufReader<File>,
    at: u64,
}

impl Reader {
    fn message(
        &mut self,
        end: u64,
        depth: usize,
        shape: &Shape,
        names: &mut BTreeSet<String>,
    ) -> io::Result<()> {
        if depth > DEPTH_LIMIT {
            return Err(broken("its graphs lie too deep in each other"));
        }
        while self.at < end {
            let key = self.varint()?;
            let (field, wire) = (key >> 3, key & 7);
            let length = match wire {
                0 => {
                    self.varint()?;
                    continue;
                }
                1 => 8,
                2 => self.varint()?,
                5 => 4,
                _ => return Err(broken("it holds no protocol buffer")),
            };
            let stop = self.at.checked_add(length).filter(|&stop| stop <= end);
            let stop = stop.ok_or_else(|| broken("it ends too early"))?;
            let inner = shape.enter.iter().find(|(number, _)| *number == field);
            if wire == 2 && shape.name == Some(field) && length <= NAME_LIMIT {
                let mut text = Vec::new();
                (&mut self.file).take(length).read_to_end(&mut text)?;
                self.at = stop;
                names.insert(String::from_utf8_lossy(&text).into_owned());
            } else if let (2, Some((_, inner))) = (wire, inner) {
                self.message(stop, depth + 1, inner, names)?;
            } else {
                let skip = i64::try_from(length).map_err(|_| broken("it ends too early"))?;
                self.file.seek_relative(skip)?;
                self.at = stop;
            }
        }
        Ok(())
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.file.read_exact(&mut byte)?;
            self.at += 1;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(broken("it holds no protocol buffer"))
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("is no ONNX graph: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
        out.extend(bytes);
        out
    }

    fn read(bytes: &[u8]) -> io::Result<BTreeSet<String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.onnx");
        std::fs::write(&path, bytes).unwrap();
        operators(&path)
    }

    #[test]
    fn names_are_found_also_in_branches_and_weights_are_skipped() {
        let inner = field(1, &field(4, b"DynamicQuantizeLinear"));
        let attribute = field(6, &inner);
        let node = [field(4, b"If"), field(5, &attribute)].concat();
        // An initializer (field 5 of the graph) that holds what would be a node elsewhere.
        let weights = field(5, &field(1, &field(4, b"NoOperator")));
        let graph = [weights, field(1, &node), field(1, &field(4, b"MatMul"))].concat();
        let model = [vec![8, 9], field(7, &graph)].concat();
        let names: Vec<String> = read(&model).unwrap().into_iter().collect();
        assert_eq!(names, ["DynamicQuantizeLinear", "If", "MatMul"]);
    }

    #[test]
    fn what_is_no_graph_is_an_error() {
        let cut = field(7, &field(1, &field(4, b"MatMul")));
        for bytes in [
            &b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"[..],
            b"{}",
            &cut[..cut.len() - 1],
        ] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
        let mut deep = field(4, b"x");
        for _ in 0..40 {
            deep = [vec![1 << 3 | 2], length(deep.len()), deep].concat();
            deep = [vec![6 << 3 | 2], length(deep.len()), deep].concat();
            deep = [vec![5 << 3 | 2], length(deep.len()), deep].concat();
        }
        let graph = [vec![1 << 3 | 2], length(deep.len()), deep].concat();
        let model = [vec![7 << 3 | 2], length(graph.len()), graph].concat();
        assert!(read(&model).unwrap_err().to_string().contains("too deep"));
    }

    fn length(mut number: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while number >= 0x80 {
            out.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        out.push(u8::try_from(number).unwrap());
        out
    }
}
