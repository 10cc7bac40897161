//! Events of every form, as API Gateway sends them.
//!
//! | file | what is in it |
//! |---|---|
//! | `shape` | one request as an event of each form |
//! | `samples` | the files in `events/`, and what each is answered |
//! | `forms` | what the forms have in common, and where they differ |
//! | `limits` | what every answer keeps to, whatever the form |

mod forms;
mod limits;
pub(crate) mod samples;
pub(crate) mod shape;
