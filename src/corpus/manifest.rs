//! Reader for CSV, TSV and JSONL manifests.
