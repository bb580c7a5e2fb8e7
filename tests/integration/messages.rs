//! What people see, whole: standard output, standard error and exit code together.

use insta::assert_snapshot;
use serde_json::json;

use crate::fixtures::model_server::Reply;
use crate::fixtures::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an engine: run by tests/run"]
async fn a_turn_that_parks_and_goes_on() {
    let replies = [
        Reply::text("I will write it.").and_call(
            "call_1",
            "write_file",
            json!({"file_path": "hello.py", "content": "print('Hello World')\n"}),
        ),
        Reply::call("call_2", "execute", json!({"command": "python3 hello.py; exit 7"})),
        Reply::text("It prints Hello World."),
    ];
    let scene = Scene::new(replies).await;
    let session = scene.session(["--name", "demo", "--approve", "write_file"]).await;
    assert_eq!(scene.show("demo").await["id"], json!(session));
    assert_snapshot!(scene.chat("demo", "write hello.py and run it").await, @r#"
    $ agentctl chat demo write hello.py and run it
    --- stdout
    I will write it.
    --- stderr
    ▸ write_file hello.py
    approval wanted: write_file  call call_1  session ID  turn 1
      content:
      + print('Hello World')
      file_path: hello.py
      why: write_file asks in this session
      always would allow: write_file on /workspace/hello.py
      sha256 DIGEST

    A call waits. Answer it with:
      agentctl resume ID continue
      agentctl resume ID cancel --message 'why not'
      agentctl resume ID continue --call call_1 --edit '{"content":"print('\''Hello World'\'')\n","file_path":"hello.py"}'
    --- exit status: 3
    "#);
    assert_snapshot!(scene.run(["approvals"]).await, @r#"
    $ agentctl approvals
    --- stdout
    approval wanted: write_file  call call_1  session ID  turn 1
      content:
      + print('Hello World')
      file_path: hello.py
      why: write_file asks in this session
      always would allow: write_file on /workspace/hello.py
      sha256 DIGEST

    --- stderr
    answer with: agentctl resume ID continue|cancel
    --- exit status: 0
    "#);
    assert_snapshot!(scene.run(["resume", "demo", "continue"]).await, @r#"
    $ agentctl resume demo continue
    --- stdout
    It prints Hello World.
    --- stderr
    approved: call_1
    sandbox agentd-ID-ID-1 is ready
    not enforced: disk: the size of the workspace is not limited
        --- a/workspace/hello.py
        +++ b/workspace/hello.py
        @@ -0,0 +1 @@
        +print('Hello World')
    ✓ write_file
    ▸ execute python3 hello.py; exit 7
        Hello World
    ✗ execute python3 hello.py; exit 7 · exit 7 · N ms
    turn 1 · N steps · 300 tokens in, 30 out, 3 model calls
    --- exit status: 0
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_their_hints() {
    let scene = Scene::new([]).await;
    scene.session(["--name", "demo"]).await;
    assert_snapshot!(scene.run(["chat", "nobody", "hello"]).await, @r#"
    $ agentctl chat nobody hello
    --- stderr
    error: no session nobody
    hint: `agentctl session list` shows the sessions there are
    --- exit status: 5
    "#);
    assert_snapshot!(scene.run(["chat", "demo", ""]).await, @r#"
    $ agentctl chat demo 
    --- stderr
    error: the message is empty
    --- exit status: 2
    "#);
    assert_snapshot!(scene.run(["session", "new", "--name", "demo"]).await, @r#"
    $ agentctl session new --name demo
    --- stderr
    error: another session has the name demo
    hint: choose another name
    --- exit status: 1
    "#);
    assert_snapshot!(scene.run(["session", "new", "--model", "other"]).await, @r#"
    $ agentctl session new --model other
    --- stderr
    error: no model named "other" is configured
    hint: configured: fake
    --- exit status: 2
    "#);
    assert_snapshot!(scene.run(["session", "new", "--workspace", "/"]).await, @r#"
    $ agentctl session new --workspace /
    --- stderr
    error: "/" cannot be given to a sandbox: it holds more than one project
    hint: give a directory of one project, as an absolute path
    --- exit status: 4
    "#);
    assert_snapshot!(scene.run(["resume", "demo", "continue"]).await, @r#"
    $ agentctl resume demo continue
    --- stderr
    error: nothing waits for an answer
    hint: `agentctl approvals` shows what waits, in every session
    --- exit status: 1
    "#);
    assert_snapshot!(scene.run(["stop", "demo"]).await, @r#"
    $ agentctl stop demo
    --- stderr
    error: no turn of this session is open
    --- exit status: 1
    "#);
    assert_snapshot!(scene.run(["-o", "json", "session", "show", "nobody"]).await, @r#"
    $ agentctl -o json session show nobody
    --- stderr
    {"error":{"code":"SESSION_NOT_FOUND","message":"no session nobody","hint":"`agentctl session list` shows the sessions there are"}}
    --- exit status: 5
    "#);
}
