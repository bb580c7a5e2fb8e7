"""Ways out of a sandbox, tried from within it. Prints one line a probe: its name, a tab, and `held` or what got out.

Run with a JSON object of paths of the host that must not be there, and with the name of the backend.
"""
import ctypes, errno, fcntl, glob, json, os, platform, resource, signal, socket, stat, struct, subprocess, sys, time

HOST = json.loads(sys.argv[1])
BACKEND = sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": dict(clone=56, ptrace=101, mount=165, umount2=166, pivot_root=155, chroot=161, unshare=272, setns=308,
        open_tree=428, fsopen=430, move_mount=429, add_key=248, keyctl=250, bpf=321, perf_event_open=298, userfaultfd=323,
        io_uring_setup=425, kexec_load=246, init_module=175, finit_module=313, reboot=169, swapon=167, sethostname=170,
        clock_settime=227, open_by_handle_at=304, syslog=103, acct=163, process_vm_readv=310, pidfd_open=434,
        pidfd_getfd=438, quotactl=179, fanotify_init=300, kcmp=312, clone3=435),
    "aarch64": dict(clone=220, ptrace=117, mount=40, umount2=39, pivot_root=41, chroot=51, unshare=97, setns=268,
        open_tree=428, fsopen=430, move_mount=429, add_key=217, keyctl=219, bpf=280, perf_event_open=241, userfaultfd=282,
        io_uring_setup=425, kexec_load=104, init_module=105, finit_module=273, reboot=142, swapon=224, sethostname=161,
        clock_settime=112, open_by_handle_at=265, syslog=116, acct=89, process_vm_readv=270, pidfd_open=434,
        pidfd_getfd=438, quotactl=60, fanotify_init=262, kcmp=272, clone3=435),
}[platform.machine()]
PROBES = []


def probe(function=None, only=None):
    """Makes a probe of a function that returns what got out. `only`: the other backend leaves this to the kernel."""
    if function is None:
        return lambda function: probe(function, only)
    if only in (None, BACKEND):
        PROBES.append(function)
    return function


def call(name, *arguments):
    """A system call; None where it is refused, else its result as text."""
    ctypes.set_errno(0)
    result = libc.syscall(NUMBERS[name], *arguments)
    return None if result == -1 else f"{name} gave {result}"


def refused_by_privilege(name, *arguments):
    """The same, for calls whose arguments are nonsense: only a refusal for want of privilege counts."""
    out = call(name, *arguments)
    error = ctypes.get_errno()
    return out or (None if error in (errno.EPERM, errno.ENOSYS, errno.EACCES) else f"{name} failed with {errno.errorcode[error]} only")


def writes(path, text="1"):
    if os.path.exists(path) and stat.S_ISCHR(os.stat(path).st_mode):
        return None
    with open(path, "w") as file:
        file.write(text)
    return f"{path} was written"


def reads(path):
    with open(path, "rb") as file:
        data = file.read(64)
    return f"{path}: {data!r}" if data else None


def connects(host, port):
    with socket.socket() as peer:
        peer.settimeout(1)
        peer.connect((host, port))
    return f"{host}:{port} answers"


# Namespaces and mounts.
for flag_name, flag in dict(user=0x10000000, mount=0x20000, pid=0x20000000, network=0x40000000, uts=0x4000000, ipc=0x8000000, cgroup=0x2000000).items():
    def unshare(flag=flag):
        child = os.fork()
        if child == 0:
            os._exit(1 if call("unshare", flag) else 0)
        return "a new namespace" if os.waitpid(child, 0)[1] else None
    unshare.__name__ = f"unshare_{flag_name}"
    probe(unshare)

@probe
def clone_user_namespace():
    result = libc.syscall(NUMBERS["clone"], 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if result == 0:
        os._exit(0)
    if result > 0:
        os.waitpid(result, 0)
        return "a child in a new user namespace"

@probe
def join_namespaces_of_init():
    return call("setns", os.open("/proc/1/ns/mnt", os.O_RDONLY), 0)

@probe
def mount_tmpfs(): return call("mount", b"none", b"/tmp", b"tmpfs", 0, None)
@probe
def mount_proc(): return call("mount", b"proc", b"/tmp", b"proc", 0, None)
@probe
def mount_cgroup(): return call("mount", b"cgroup", b"/tmp", b"cgroup", 0, b"memory")
@probe
def mount_bind(): return call("mount", b"/proc", b"/tmp", b"", 4096, None)
@probe
def remount_root_writable(): return call("mount", b"none", b"/", b"", 32 | 4096, None)
@probe
def unmount_masks(): return call("umount2", b"/proc/sys", 2) or call("umount2", b"/proc/kcore", 2)
@probe
def pivot_root(): return refused_by_privilege("pivot_root", b"/workspace", b"/workspace")
@probe
def chroot(): return call("chroot", b"/workspace")
@probe
def copy_mounts(): return call("open_tree", -100, b"/", 1)
@probe
def new_file_system(): return refused_by_privilege("fsopen", b"tmpfs", 0)

# Devices.
def device(path, kind, major, minor):
    try:
        os.mknod(path, kind | 0o666, os.makedev(major, minor))
        with open(path, "rb") as file:
            return f"device {major}:{minor} gave {file.read(16)!r}"
    finally:
        if os.path.lexists(path):
            os.unlink(path)
@probe
def mknod_memory(): return device("/workspace/mem", stat.S_IFCHR, 1, 1)
@probe
def mknod_disk(): return device("/workspace/disk", stat.S_IFBLK, 254, 0) or device("/tmp/disk", stat.S_IFBLK, 8, 0)
@probe
def dev_mem(): return reads("/dev/mem")
@probe
def dev_kmsg(): return reads("/dev/kmsg")
@probe
def block_devices():
    found = [path for path in glob.glob("/dev/*") if os.path.exists(path) and stat.S_ISBLK(os.stat(path).st_mode)]
    return f"{found}" if found else None
@probe
def dangerous_devices():
    found = [name for name in ("fuse", "kvm", "net/tun", "vsock", "vhost-net", "uinput", "mapper", "snd", "dri") if os.path.exists(f"/dev/{name}")]
    return f"{found}" if found else None
@probe
def terminals_of_the_host():
    found = [name for name in os.listdir("/dev/pts") if name != "ptmx"]
    return f"{found}" if found else None
@probe
def type_into_a_terminal():
    with open("/dev/tty", "wb") as terminal:
        fcntl.ioctl(terminal, 0x5412, b"x")
    return "TIOCSTI on the controlling terminal"
@probe(only="embedded")
def type_into_any_terminal():
    master, slave = os.openpty()
    fcntl.ioctl(slave, 0x5412, b"x")
    return "TIOCSTI"

# The supervisor, and processes of others.
@probe
def trace_init(): return call("ptrace", 16, 1, 0, 0) or call("ptrace", 0x4206, 1, 0, 0)
@probe
def memory_of_init(): return reads("/proc/1/mem")
@probe
def environment_of_init(): return reads("/proc/1/environ")
@probe
def descriptors_of_init(): return str(os.listdir("/proc/1/fd"))
@probe
def root_of_init(): return str(os.listdir("/proc/1/root"))
@probe
def copy_memory_of_init():
    buffer = ctypes.create_string_buffer(8)
    local, remote = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8), (ctypes.c_uint64 * 2)(0x400000, 8)
    return call("process_vm_readv", 1, local, 1, remote, 1, 0)
@probe
def take_descriptor_of_init():
    held = libc.syscall(NUMBERS["pidfd_open"], 1, 0)
    return call("pidfd_getfd", held, 0, 0)
@probe
def overwrite_init():
    for path in ("/proc/1/exe", "/.agentd/agent-init"):
        try:
            open(path, "r+b").close()
            return f"{path} can be written"
        except OSError:
            pass
@probe
def init_without_the_token():
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect("\0agent-init")
        peer.sendall(b"AGENT-INIT/1 " + b"0" * 64 + b"\n")
        answer = peer.recv(64)
    return None if answer in (b"", b"AGENT-INIT/1 refused\n") else f"{answer!r}"
@probe
def abstract_sockets_of_the_host():
    names = {line.split()[7] for line in open("/proc/net/unix") if len(line.split()) > 7}
    foreign = {name for name in names if name.startswith("@") and name != "@agent-init"}
    return f"{foreign}" if foreign else None
@probe
def processes_of_the_host():
    for pid in (name for name in os.listdir("/proc") if name.isdigit()):
        try:
            command = open(f"/proc/{pid}/cmdline").read()
        except OSError:
            continue
        if "agentd-under-test" in command or "dockerd" in command:
            return f"{pid}: {command}"
@probe
def kill_everybody_else():
    # Signals reach nobody outside: the highest number of the sandbox is small, and the host's are not there.
    for pid in (HOST["agentd_pid"],):
        if os.path.exists(f"/proc/{pid}"):
            return None
        os.kill(pid, 0)
        return f"process {pid} of the host can be signalled"
@probe
def shared_memory_of_the_host():
    rows = open("/proc/sysvipc/shm").read().splitlines()[1:]
    return f"{rows}" if rows else None
@probe
def queues_of_the_host():
    found = os.listdir("/dev/mqueue") if os.path.isdir("/dev/mqueue") else []
    return f"{found}" if found else None

# Large pieces of the kernel.
@probe
def keys(): return call("add_key", b"user", b"probe", b"x", 1, -3)
@probe
def session_keyring(): return call("keyctl", 0, -3, 0)
@probe
def bpf():
    attributes = struct.pack("IIII", 1, 4, 4, 1).ljust(120, b"\0")
    return call("bpf", 0, attributes, len(attributes))
@probe
def performance_events(): return refused_by_privilege("perf_event_open", b"\0" * 128, 0, -1, -1, 0)
@probe
def user_faults(): return call("userfaultfd", 0)
@probe(only="embedded")
def io_uring(): return call("io_uring_setup", 1, b"\0" * 120)
@probe(only="embedded")
def crypto_sockets(): return str(socket.socket(38, socket.SOCK_SEQPACKET))
@probe(only="embedded")
def virtual_machine_sockets(): return str(socket.socket(40, socket.SOCK_STREAM))
@probe(only="embedded")
def clone3_is_not_there():
    call("clone3", None, 0)
    return None if ctypes.get_errno() == errno.ENOSYS else "clone3, whose flags no filter sees"
@probe
def fanotify(): return call("fanotify_init", 0, 0)
@probe
def files_by_handle(): return refused_by_privilege("open_by_handle_at", -100, b"\0" * 16, 0)
@probe
def quota(): return refused_by_privilege("quotactl", 0x80000100, b"/dev/vda", 0, None)

# The machine.
@probe
def load_kernel(): return refused_by_privilege("kexec_load", 0, 0, None, 0)
@probe
def load_module(): return refused_by_privilege("init_module", b"", 0, b"") or refused_by_privilege("finit_module", -1, b"", 0)
@probe
def reboot(): return refused_by_privilege("reboot", 0, 0, 0, None)
@probe
def swap(): return refused_by_privilege("swapon", b"/workspace/none", 0)
@probe
def host_name(): return call("sethostname", b"owned", 5)
@probe
def clock(): return call("clock_settime", 0, (ctypes.c_long * 2)(1, 0))
@probe
def kernel_log(): return call("syslog", 3, ctypes.create_string_buffer(64), 64)
@probe
def accounting(): return refused_by_privilege("acct", b"/workspace/none")

# /proc and /sys.
@probe
def core_pattern(): return writes("/proc/sys/kernel/core_pattern", "|/workspace/x")
@probe
def modprobe_path(): return writes("/proc/sys/kernel/modprobe", "/workspace/x")
@probe
def kernel_settings():
    for directory, _, names in os.walk("/proc/sys"):
        for name in names:
            path = os.path.join(directory, name)
            try:
                os.close(os.open(path, os.O_WRONLY))
                return f"{path} can be written"
            except OSError:
                pass
@probe
def magic_keys(): return writes("/proc/sysrq-trigger", "h")
@probe
def kernel_memory(): return reads("/proc/kcore")
@probe
def keys_of_others(): return reads("/proc/keys")
@probe
def timers(): return reads("/proc/timer_list")
@probe
def be_killed_last(): return writes("/proc/self/oom_score_adj", "-1000")
@probe
def sys_writable():
    for count, (directory, _, names) in enumerate(os.walk("/sys")):
        if count > 3000:
            break
        for name in names:
            path = os.path.join(directory, name)
            try:
                os.close(os.open(path, os.O_WRONLY))
                return f"{path} can be written"
            except OSError:
                pass
@probe
def release_agent():
    for path in glob.glob("/sys/fs/cgroup/**/release_agent", recursive=True) + ["/sys/fs/cgroup/release_agent"]:
        try:
            return writes(path, "/workspace/x")
        except OSError:
            pass
@probe
def more_memory():
    for path in glob.glob("/sys/fs/cgroup/**/memory.limit_in_bytes", recursive=True) + ["/sys/fs/cgroup/memory.max"]:
        try:
            return writes(path, "-1" if "limit" in path else "max")
        except OSError:
            pass

# Privileges.
@probe
def capabilities():
    fields = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    wanted = {"CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0}
    found = {name: int(fields[name], 16) for name in wanted}
    held = found == wanted and fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    return None if held else f"{found}, {fields['NoNewPrivs']}, {fields['Seccomp']}"
@probe
def become_root():
    os.setuid(0)
    return f"user {os.getuid()}"
@probe
def other_groups():
    os.setgroups([0])
    return f"groups {os.getgroups()}"
@probe
def setuid_programs():
    for program in ("su", "mount", "passwd", "chsh", "newgrp", "sudo"):
        path = next((f"{d}/{program}" for d in ("/usr/bin", "/bin") if os.path.exists(f"{d}/{program}")), None)
        if path and os.stat(path).st_mode & stat.S_ISUID:
            child = subprocess.Popen([path, "--help"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                if os.stat(f"/proc/{child.pid}").st_uid == 0 and "Uid:\t0\t0" in open(f"/proc/{child.pid}/status").read():
                    return f"{path} runs as root"
            except OSError:
                pass
            finally:
                child.wait()
@probe
def make_setuid_program():
    path = "/workspace/rooted"
    open(path, "w").write("#!/bin/sh\nid -u\n")
    os.chmod(path, 0o6755)
    out = subprocess.run([path], capture_output=True, text=True).stdout.strip()
    os.unlink(path)
    return "a set-user-ID script made root" if out == "0" else None
@probe
def priority(): return os.setpriority(os.PRIO_PROCESS, 0, -20) or "priority -20"
@probe
def raise_limits():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    return "more open files"
@probe
def core_dumps():
    return None if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 else "core dumps are written"

# Files of the host.
@probe
def write_root():
    for path in ("/x", "/usr/x", "/etc/x", "/bin/x", "/lib/x", "/.agentd/x", "/etc/passwd", "/etc/ld.so.preload"):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
            return f"{path} can be written"
        except OSError:
            pass
@probe
def paths_of_the_host():
    found = [path for path in HOST["paths"] if os.path.exists(path)]
    return f"{found}" if found else None
@probe
def paths_of_the_host_by_link():
    for number, path in enumerate(HOST["paths"]):
        link = f"/workspace/link{number}"
        os.symlink(path, link)
        try:
            if os.path.exists(link):
                return f"{path} by a link"
        finally:
            os.unlink(link)
@probe
def above_the_workspace():
    found = set(os.listdir("/workspace/..")) & {"root", "state", "agentd", "workspaces"}
    return f"{found}" if any(os.listdir(f"/{name}") for name in found if os.access(f"/{name}", os.R_OK)) else None
@probe
def secrets_of_the_host():
    for path in ("/etc/shadow", "/root/.ssh", "/root/.bashrc", "/var/lib/dpkg/lock", "/home/user"):
        try:
            if os.path.isdir(path) and os.listdir(path) or os.path.isfile(path) and open(path, "rb").read(1):
                return path
        except OSError:
            pass
@probe
def sockets_in_the_tree():
    for top in ("/run", "/var/run", "/tmp"):
        for directory, _, names in os.walk(top):
            for name in names:
                if stat.S_ISSOCK(os.lstat(os.path.join(directory, name)).st_mode):
                    return os.path.join(directory, name)

# Networks.
@probe
def raw_sockets(): return str(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
@probe
def packet_sockets(): return str(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3))
@probe
def metadata_address(): return connects("169.254.169.254", 80)
@probe
def gateway(): return connects("172.17.0.1", 22) or connects("10.0.0.1", 80)
@probe
def internet(): return connects("1.1.1.1", 53)
@probe
def model_of_the_host(): return connects("127.0.0.1", HOST["model_port"])
@probe
def interfaces():
    names = {line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]}
    devices = {name for name in names if name != "lo" and not name.startswith(("sit", "tunl", "ip6tnl", "gre", "erspan", "ip_vti", "ip6_vti", "ip6gre", "gretap"))}
    return f"{devices}" if devices else None


for function in PROBES:
    try:
        out = function()
    except (OSError, ValueError, OverflowError):
        out = None
    print(f"{function.__name__}\t{repr(out) if out else 'held'}", flush=True)
