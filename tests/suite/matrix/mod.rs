//! The golden matrix: every demonstration user × scopes × kind of token × operation, in `tests/golden-matrix.txt`.
//!
//! | file | what is in it |
//! |---|---|
//! | `holders` | the tokens: one of each kind for every user and every set of scopes, with their records |
//! | `verdicts` | what each is told: the policy of a real decision, judged as API Gateway judges it |
//! | `text` | the file: written and read |
//! | `golden` | the file is complete, and it is what is decided |
//! | `door` | the local gateway tells every request what the file says |

mod door;
mod golden;
mod holders;
mod text;
mod verdicts;

pub(crate) use holders::scope_sets;
