//! Files go into a sandbox and come out of it, and a link leads nowhere but into the sandbox.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};

use crate::fixtures::backend::on_each_backend;
use crate::fixtures::scene::Scene;

on_each_backend!(a_directory_goes_in_and_comes_out_the_same);
async fn a_directory_goes_in_and_comes_out_the_same() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let home = scene.daemon.home();
    let source = home.path("source");
    std::fs::create_dir_all(source.join("deep/er")).unwrap();
    std::fs::write(source.join("deep/er/text.txt"), "text\n").unwrap();
    let data: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(source.join("data.bin"), &data).unwrap();
    std::fs::set_permissions(source.join("data.bin"), PermissionsExt::from_mode(0o755)).unwrap();

    let inside = format!("{session}:/workspace/copied");
    scene.run(["container", "cp", source.to_str().unwrap(), &inside]).await.success();
    let workspace = scene.workspace(&session).await;
    let owner = |path: &std::path::Path| std::fs::metadata(path).unwrap().uid();
    assert_eq!(owner(&workspace.join("copied/data.bin")), owner(&workspace));

    let back = home.path("back");
    scene.run(["container", "cp", &inside, back.to_str().unwrap()]).await.success();
    assert_eq!(std::fs::read_to_string(back.join("deep/er/text.txt")).unwrap(), "text\n");
    assert_eq!(std::fs::read(back.join("data.bin")).unwrap(), data);
    assert_eq!(std::fs::metadata(back.join("data.bin")).unwrap().mode() & 0o777, 0o755);

    let one = home.path("one.txt");
    let file = format!("{session}:copied/deep/er/text.txt");
    scene.run(["container", "cp", &file, one.to_str().unwrap()]).await.success();
    assert_eq!(std::fs::read_to_string(one).unwrap(), "text\n");
}

on_each_backend!(a_stream_is_one_file);
async fn a_stream_is_one_file() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let file = format!("{session}:/workspace/piped.txt");
    scene.daemon.agentctl(["container", "cp", "-", &file]).stdin("piped\n").run().await.success();
    assert_eq!(std::fs::read_to_string(scene.workspace(&session).await.join("piped.txt")).unwrap(), "piped\n");
    assert_eq!(scene.run(["container", "cp", &file, "-"]).await.success().stdout(), "piped\n");
}

on_each_backend!(what_is_not_there_is_said);
async fn what_is_not_there_is_said() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let to = scene.daemon.home().path("to");
    let missing = format!("{session}:/workspace/missing");
    scene.run(["container", "cp", &missing, to.to_str().unwrap()]).await.code(5);
    assert!(!to.exists());
    let output = scene.run(["container", "cp", "/no/such/file", &format!("{session}:/workspace/x")]).await;
    assert!(!output.succeeded(), "{output}");
    let output = scene.run(["container", "cp", to.to_str().unwrap(), to.to_str().unwrap()]).await.code(2);
    assert!(!output.stderr().is_empty());
}

on_each_backend!(a_link_of_the_sandbox_does_not_lead_to_the_host);
async fn a_link_of_the_sandbox_does_not_lead_to_the_host() {
    let scene = Scene::new([]).await;
    let session = scene.session([]).await;
    let workspace = scene.workspace(&session).await;
    let secret = scene.daemon.home().path("secret.txt");
    std::fs::write(&secret, "secret of the host").unwrap();
    symlink(&secret, workspace.join("out")).unwrap();
    symlink(scene.daemon.home().path(""), workspace.join("home")).unwrap();

    let to = scene.daemon.home().path("stolen");
    let output = scene.run(["container", "cp", &format!("{session}:/workspace/out"), to.to_str().unwrap()]).await;
    assert!(!output.succeeded(), "a dangling link was copied: {output}");
    let from = scene.daemon.home().path("planted.txt");
    std::fs::write(&from, "planted").unwrap();
    let inside = format!("{session}:/workspace/out");
    let _ = scene.run(["container", "cp", from.to_str().unwrap(), &inside]).await;
    let _ =
        scene.run(["container", "cp", from.to_str().unwrap(), &format!("{session}:/workspace/home/secret.txt")]).await;
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret of the host");
}
