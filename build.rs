//! Compiles the ONNX messages (`src/onnx/graph/onnx.proto`) to Rust, without a `protoc` on the machine.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const FOLDER: &str = "src/onnx/graph";
    println!("cargo::rerun-if-changed={FOLDER}/onnx.proto");
    let files = protox::compile([format!("{FOLDER}/onnx.proto")], [FOLDER])?;
    prost_build::Config::new()
        // Their meaning is said once, in the ONNX specification.
        .type_attribute(".", "#[allow(missing_docs)]")
        .compile_fds(files)?;
    Ok(())
}
