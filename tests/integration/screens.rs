//! What a person sees: screens of a real terminal, drawn by what agentctl sent to it.

use insta::assert_snapshot;
use serde_json::json;

use crate::fixtures::model_server::{Gate, Reply};
use crate::fixtures::pty::{Size, Terminal, Then};
use crate::fixtures::scene::Scene;

const SMALL: Size = Size { rows: 24, columns: 80 };
const LARGE: Size = Size { rows: 60, columns: 200 };

const ANSWER: &str = "\
# Findings

The **parser** accepts what it should not; see `src/parse.rs` and the [report](https://example.org/42).

| file | 意味 | verdict |
|------|:----:|--------:|
| parse.rs | 構文 🙂 | the second branch is never taken, and the third one is taken twice |
| lex.rs | 字句 | fine |

1. fix the branch
2. add a test
   - for CJK
   - for emoji

```rust
fn main() {
\tprintln!(\"done\");
}
```
> Nothing else.
";

/// A text in small pieces.
fn pieces(text: &str) -> Reply {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(5).fold(Reply::stream(), |reply, piece| reply.and_text(&piece.iter().collect::<String>()))
}

async fn screen(scene: &Scene, arguments: &[&str], size: Size, steps: Vec<(&'static str, Then)>) -> String {
    Terminal::screen(scene.daemon.home(), arguments, size, steps).await
}

#[tokio::test(flavor = "multi_thread")]
async fn markdown_with_a_table() {
    let scene = Scene::new([pieces(ANSWER), pieces(ANSWER)]).await;
    let session = scene.session(["--name", "s"]).await;
    assert_snapshot!(screen(&scene, &["chat", &session, "look"], SMALL, vec![]).await, @r#"
    # Findings

    The parser accepts what it should not; see src/parse.rs and the report
    (https://example.org/42).

    file     │  意味   │                                                    verdict
    ─────────┼─────────┼───────────────────────────────────────────────────────────
    parse.rs │ 構文 🙂 │     the second branch is never taken, and the third one is
             │         │                                                taken twice
    lex.rs   │  字句   │                                                       fine

    1. fix the branch
    2. add a test
       • for CJK
       • for emoji

    rust
        fn main() {
            println!("done");
        }

    │ Nothing else.
    turn 1 · N step · 100 tokens in, 10 out, 1 model call
    "#);
    assert_snapshot!(screen(&scene, &["chat", &session, "look"], LARGE, vec![]).await, @r#"
    # Findings

    The parser accepts what it should not; see src/parse.rs and the report (https://example.org/42).

    file     │  意味   │                                                            verdict
    ─────────┼─────────┼───────────────────────────────────────────────────────────────────
    parse.rs │ 構文 🙂 │ the second branch is never taken, and the third one is taken twice
    lex.rs   │  字句   │                                                               fine

    1. fix the branch
    2. add a test
       • for CJK
       • for emoji

    rust
        fn main() {
            println!("done");
        }

    │ Nothing else.
    turn 2 · N step · 100 tokens in, 10 out, 1 model call
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_and_an_error() {
    let call = json!({"file_path": "hello.py", "content": "print('\u{1b}[8mhi')\n# 漢字\n"});
    let replies = [Reply::call("w", "write_file", call), Reply::status(401, "no")];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--name", "s"]).await;
    let steps = vec![("run it?", Then::Type("?")), ("run it?", Then::Type("n")), ("why not", Then::Type("not now"))];
    assert_snapshot!(screen(&scene, &["chat", &session, "write"], SMALL, steps).await, @r#"
      file_path: hello.py
      why: write_file asks in this session
      always would allow: write_file on /workspace/hello.py
      sha256 DIGEST
    run it? y/n/e/a/? ?
      y  run it
      n  do not run it; the model is told why and goes on
      e  run it with other arguments
      a  run it, and from now on in this session what is shown beside it, without as
    king
      ?  this list
      Ctrl-C or Ctrl-D leaves it waiting
    run it? y/n/e/a/? n
    why not (for the model; may be empty): not now
    rejected: write_file hello.py
    ✗ write_file hello.py · rejected; the model was told: The user rejected this cal
    l. Reason: not now. It did not run. Do not make the same call again unless the u
    ser asks for it.
    warning: the model's attempt 1 failed (unauthorized): model "fake" answered 401:
     no
    error: model "fake" answered 401: no
    hint: check the key in UNDER_TEST_API_KEY (agentd's environment) and what it may
     use
    "#);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn todos_a_command_and_a_diff() {
    let todos = |first: &str, second: &str| json!({"todos": [{"content": "write 書く", "status": first}, {"content": "run", "status": second}]});
    let replies = [
        Reply::call("t1", "write_todos", todos("in_progress", "pending")),
        Reply::call("w1", "write_file", json!({"file_path": "a.txt", "content": "one\ntwo\nthree\n"})),
        Reply::call("w2", "edit_file", json!({"file_path": "a.txt", "old_string": "two", "new_string": "2"})),
        Reply::call("x", "execute", json!({"command": "cat a.txt; exit 3"})),
        Reply::call("t2", "write_todos", todos("completed", "completed")),
        Reply::text("All done."),
    ];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--name", "s", "--approve", "none"]).await;
    assert_snapshot!(screen(&scene, &["chat", &session, "work"], SMALL, vec![]).await, @r#"
        +two
        +three
    ✓ write_file a.txt
    ▸ edit_file a.txt
        --- a/workspace/a.txt
        +++ b/workspace/a.txt
        @@ -1,3 +1,3 @@
         one
        -two
        +2
         three
    ✓ edit_file a.txt
    ▸ execute cat a.txt; exit 3
        one
        2
        three
    ✗ execute cat a.txt; exit 3 · exit 3 · N ms
    ▸ write_todos
    ✓ write_todos
    All done.
      [x] write 書く
      [x] run
    turn 1 · N steps · 600 tokens in, 60 out, 6 model calls
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resize_while_the_answer_is_written() {
    let gate = Gate::closed();
    let reply = Reply::stream()
        .and_text("This paragraph is begun on a small terminal, where it takes more than one line, and it ")
        .and_wait(&gate)
        .and_text("ends on a larger one, where the whole of it is laid out anew.\n\n- and\n- a list\n");
    let scene = Scene::new([reply]).await;
    let session = scene.session(["--name", "s"]).await;
    let steps = vec![("and it", Then::Resize(Size { rows: 24, columns: 120 })), ("", Then::Open(gate))];
    assert_snapshot!(screen(&scene, &["chat", &session, "write"], SMALL, steps).await, @r#"
    This paragraph is begun on a small terminal, where it takes more than one line, and it ends on a larger one, where the
    whole of it is laid out anew.

    • and
    • a list
    turn 1 · N step · 100 tokens in, 10 out, 1 model call
    "#);
}
