# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_agentctl_global_optspecs
    string join \n socket= o/output= q/quiet color= no-autostart h/help V/version
end

function __fish_agentctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_agentctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_agentctl_using_subcommand
    set -l cmd (__fish_agentctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c agentctl -n "__fish_agentctl_needs_command" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_needs_command" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_needs_command" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_needs_command" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_needs_command" -s V -l version -d 'Print version'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "session" -d 'Sessions: conversations, each with its own workspace, sandbox and journal'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "chat" -d 'Send a message and stream what the agent does; without a message, talk with it'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "run" -d 'Make a session, give it one task, and stream what the agent does'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "resume" -d 'Answer calls that wait for an approval, and stream the rest of the turn'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "approvals" -d 'Show every call that waits for an approval'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "events" -d 'Print the journal, one JSON object a line'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "steer" -d 'Tell the model something while its turn is running'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "attach" -d 'Watch a running turn live from where it is'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "stop" -d 'Cancel the running turn'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "journal" -d 'The journal as it lies on disk: whether it is whole'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "container" -d 'Containers: the sandboxes of sessions'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "image" -d 'Images: what sandboxes are made of'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "daemon" -d 'The daemon as a process: start, stop, status, logs'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "status" -d 'Show how the daemon, the engine and the model stand'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "doctor" -d 'Check everything that a session needs, and say how each problem is mended'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "models" -d 'List the configured models, and whether they answer'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "usage" -d 'Show what was used of models: tokens, requests, cost'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "config" -d 'The daemon\'s configuration'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "completions" -d 'Print a script that teaches a shell what can be typed'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "man" -d 'Print the manual'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "version" -d 'Print the versions of agentctl and of the running agentd'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "demo" -d 'See the whole product in a minute, without a key'
complete -c agentctl -n "__fish_agentctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "new" -d 'Make a session; prints its id, alone, on stdout'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "list" -d 'List all sessions, oldest first'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "ls" -d 'List all sessions, oldest first'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "show" -d 'Show all about a session'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "rename" -d 'Give a session another name'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "model" -d 'Have a session\'s next turns ask another model'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "budget" -d 'Let a session use more, or less, than before'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "upgrade" -d 'Give a session another image; its container is replaced when it is next needed'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "rollback" -d 'Give a session the image that it had before'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "rm" -d 'Remove sessions, with their containers and the workspaces that agentd made'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "export" -d 'Write a whole session to stdout: its journal, or a document for people'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and not __fish_seen_subcommand_from new list ls show rename model budget upgrade rollback rm export help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l name -d 'A name for people, unique among sessions' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l workspace -d 'The directory that the sandbox sees as /workspace; it is never deleted [default: a new one of agentd\'s]' -r -f -a "(__fish_complete_directories)"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l shared -d 'A directory that the sandbox sees as /shared, read-only' -r -f -a "(__fish_complete_directories)"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l model -d 'The configured model to use' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l agent -d 'The agent profile to use' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l image -d 'The sandbox image' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l backend -d 'Where the sandbox runs' -r -f -a "auto\t'Docker if an engine answers, else embedded'
docker\t'A container of an engine'
embedded\t'Namespaces of this machine, without an engine'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l network -d 'The sandbox\'s network: none, bridge, or the name of an engine network' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l memory -d 'Memory limit of the sandbox, like 512m or 2g' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l cpus -d 'CPU limit of the sandbox in cores, like 0.5' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l pids -d 'Process limit of the sandbox' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l swap -d 'Swap beside the memory, like 1g [default: none]' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l file-size -d 'Size of one file at most, like 1g' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l open-files -d 'Open files of one process at most' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l output-size -d 'How much of a command\'s output is kept, like 1m' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l command-timeout -d 'How long one command may run at most, like 10m' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l gpus -d 'Graphics processors: none, all, or a number' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l runtime -d 'The engine\'s runtime, like runsc' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l user -d 'The user that everything runs as, by number, never root [default: the owner of the workspace]' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l mount -d 'A file or directory to be seen at TARGET, read-only or with :rw; only under sandbox.mount_roots of the daemon' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l approve -d 'Which tools ask for an approval: all, none, or a list like execute,delete' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l budget-tokens -d 'Tokens that the session may use in all' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l budget-cost -d 'What the session may cost in all, in the currency of the prices in config.toml' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l timeout -d 'Time limit of each turn, like 90s or 30m' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from list" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from list" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from list" -l all -d 'Also sub-agents: sessions that another session started'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from list" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from ls" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from ls" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from ls" -l all -d 'Also sub-agents: sessions that another session started'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from ls" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from show" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from show" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from show" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rename" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rename" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rename" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rename" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rename" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from model" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from model" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from model" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from model" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from model" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from model" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -l tokens -d 'Tokens in all; 0: no limit' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -l cost -d 'Cost in all; 0: no limit' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from budget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from upgrade" -l image -d 'The image by name' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from upgrade" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from upgrade" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from upgrade" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from upgrade" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from upgrade" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from upgrade" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rollback" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rollback" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rollback" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rollback" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rm" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rm" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rm" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rm" -s f -l force -d 'Also while a turn is open, which is cancelled first'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rm" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from export" -l format -d 'What to write' -r -f -a "json\t'Every row of the journal, one JSON object a line'
markdown\t'A document for people'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from export" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from export" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from export" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "new" -d 'Make a session; prints its id, alone, on stdout'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "list" -d 'List all sessions, oldest first'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show all about a session'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "rename" -d 'Give a session another name'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "model" -d 'Have a session\'s next turns ask another model'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "budget" -d 'Let a session use more, or less, than before'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "upgrade" -d 'Give a session another image; its container is replaced when it is next needed'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "rollback" -d 'Give a session the image that it had before'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove sessions, with their containers and the workspaces that agentd made'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write a whole session to stdout: its journal, or a document for people'
complete -c agentctl -n "__fish_agentctl_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l request-id -d 'Your id for this request: the same id with the same message is the same turn, which is streamed from its beginning' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l file -d 'A file to send beside the message: text, or a picture where the model takes one; may be repeated' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l on-interrupt -d 'What to do when a call waits for an approval [default: ask at a terminal, else park]' -r -f -a "park\t'End with exit code 3; the turn waits, durably, for `agentctl resume`'
approve\t'Approve every call; a question is declined, and the model told to decide itself'
cancel\t'Reject every call; the model is told and goes on'
fail\t'Reject every call and end the turn; exit code 1'"
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l json-schema -d 'A file with a JSON Schema: stdout gets the answer as JSON that fits it, alone; exit code 1 where it does not fit' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l timeout -d 'Time limit of this turn, like 90s or 30m' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l detach -d 'Return as soon as the turn is accepted'
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand chat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l name -d 'A name for people, unique among sessions' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l workspace -d 'The directory that the sandbox sees as /workspace; it is never deleted [default: a new one of agentd\'s]' -r -f -a "(__fish_complete_directories)"
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l shared -d 'A directory that the sandbox sees as /shared, read-only' -r -f -a "(__fish_complete_directories)"
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l model -d 'The configured model to use' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l agent -d 'The agent profile to use' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l image -d 'The sandbox image' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l backend -d 'Where the sandbox runs' -r -f -a "auto\t'Docker if an engine answers, else embedded'
docker\t'A container of an engine'
embedded\t'Namespaces of this machine, without an engine'"
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l network -d 'The sandbox\'s network: none, bridge, or the name of an engine network' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l memory -d 'Memory limit of the sandbox, like 512m or 2g' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l cpus -d 'CPU limit of the sandbox in cores, like 0.5' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l pids -d 'Process limit of the sandbox' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l swap -d 'Swap beside the memory, like 1g [default: none]' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l file-size -d 'Size of one file at most, like 1g' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l open-files -d 'Open files of one process at most' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l output-size -d 'How much of a command\'s output is kept, like 1m' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l command-timeout -d 'How long one command may run at most, like 10m' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l gpus -d 'Graphics processors: none, all, or a number' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l runtime -d 'The engine\'s runtime, like runsc' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l user -d 'The user that everything runs as, by number, never root [default: the owner of the workspace]' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l mount -d 'A file or directory to be seen at TARGET, read-only or with :rw; only under sandbox.mount_roots of the daemon' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l approve -d 'Which tools ask for an approval: all, none, or a list like execute,delete' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l budget-tokens -d 'Tokens that the session may use in all' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l budget-cost -d 'What the session may cost in all, in the currency of the prices in config.toml' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l timeout -d 'Time limit of each turn, like 90s or 30m' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l request-id -d 'Your id for this request: the same id with the same message is the same turn, which is streamed from its beginning' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l file -d 'A file to send beside the message: text, or a picture where the model takes one; may be repeated' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l on-interrupt -d 'What to do when a call waits for an approval [default: ask at a terminal, else park]' -r -f -a "park\t'End with exit code 3; the turn waits, durably, for `agentctl resume`'
approve\t'Approve every call; a question is declined, and the model told to decide itself'
cancel\t'Reject every call; the model is told and goes on'
fail\t'Reject every call and end the turn; exit code 1'"
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l json-schema -d 'A file with a JSON Schema: stdout gets the answer as JSON that fits it, alone; exit code 1 where it does not fit' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l rm -d 'Remove the session afterwards, with its container and a workspace that agentd made'
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l detach -d 'Return as soon as the turn is accepted'
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l call -d 'The call that is answered; may be given several times; left out: every call that waits' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l edit -d 'With continue: run the call with these arguments, a JSON object, in place of the model\'s' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l message -d 'With cancel: why not, for the model. With continue: the answer to the question that waits' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l always -d 'With continue: calls of the same tool that begin with the same words, or are on the same path, run without asking from now on in this session'
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l stop -d 'With cancel: the turn ends, and the model is not asked again'
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l detach -d 'Return as soon as the answers are accepted'
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand approvals" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand approvals" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand approvals" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand approvals" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand approvals" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand approvals" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -l from -d 'The first sequence number' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -l turn -d 'Only rows of this turn' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -s f -l follow -d 'Go on with what comes, to the end of the turn with --turn, else for ever'
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -l schema -d 'Print the JSON Schema of every event instead; needs no daemon'
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand events" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand steer" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand steer" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand steer" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand steer" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand steer" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand steer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand attach" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand attach" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand attach" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand attach" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand attach" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand attach" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand stop" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand stop" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand stop" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand stop" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand stop" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -f -a "verify" -d 'Check that every row is as it was written, and that nothing is missing'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and not __fish_seen_subcommand_from verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from verify" -l head -d 'A head that was printed before, which the journal must still have' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from verify" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from verify" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from verify" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check that every row is as it was written, and that nothing is missing'
complete -c agentctl -n "__fish_agentctl_using_subcommand journal; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "list" -d 'List the containers of all sessions'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "ls" -d 'List the containers of all sessions'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "show" -d 'Show one container and how it is hardened'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "create" -d 'Make and start the container ahead of need'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "start" -d 'Start a stopped container'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "stop" -d 'Stop it; a running command of a turn ends with it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "pause" -d 'Freeze every process in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "unpause" -d 'Let its processes go on'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "rm" -d 'Remove containers; workspaces stay, and the next tool call makes a new container'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "prune" -d 'Remove containers that nobody needs: leftovers, and what is stopped'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "logs" -d 'Print the output of the session\'s commands'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "stats" -d 'Measure the use of cpu, memory, processes, network and disk'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "top" -d 'Show the processes in it, with the call that each belongs to'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "kill" -d 'Send a signal to processes in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "exec" -d 'Run a command in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "cp" -d 'Copy files into it or out of it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and not __fish_seen_subcommand_from list ls show create start stop pause unpause rm prune logs stats top kill exec cp help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from list" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from list" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from list" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from ls" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from ls" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from ls" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from show" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from show" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from show" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from create" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from create" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from create" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from create" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from start" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from start" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from start" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from start" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stop" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stop" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stop" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stop" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from pause" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from pause" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from pause" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from pause" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from unpause" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from unpause" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from unpause" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from unpause" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from unpause" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from unpause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from rm" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from rm" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from rm" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from rm" -s f -l force -d 'Also while a turn is running in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from rm" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from prune" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from prune" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from prune" -l dry-run -d 'Only tell what would be removed'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from prune" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -l since -d 'Only what was written since then: a time (RFC 3339), or how long ago (90s, 10m, 2h)' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -l tail -d 'Only the newest lines of what is there' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -s f -l follow -d 'Go on with what comes, until interrupted'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stats" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stats" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stats" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stats" -l stream -d 'Measure once a second until interrupted'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stats" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from top" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from top" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from top" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from top" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from top" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from kill" -s s -l signal -d 'The signal, by name or number' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from kill" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from kill" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from kill" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from kill" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from kill" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from kill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -s e -l env -d 'Set a variable for the command; without a value, as it is here' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -l cwd -d 'The command\'s working directory in the sandbox [default: /workspace]' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -s i -l interactive -d 'Pass standard input on; its end ends the command\'s input'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -s t -l tty -d 'Give the command a terminal, of the size of this one'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from cp" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from cp" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from cp" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from cp" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from cp" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from cp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the containers of all sessions'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one container and how it is hardened'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make and start the container ahead of need'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "start" -d 'Start a stopped container'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop it; a running command of a turn ends with it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "pause" -d 'Freeze every process in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "unpause" -d 'Let its processes go on'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove containers; workspaces stay, and the next tool call makes a new container'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove containers that nobody needs: leftovers, and what is stopped'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "logs" -d 'Print the output of the session\'s commands'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "stats" -d 'Measure the use of cpu, memory, processes, network and disk'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "top" -d 'Show the processes in it, with the call that each belongs to'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "kill" -d 'Send a signal to processes in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "exec" -d 'Run a command in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "cp" -d 'Copy files into it or out of it'
complete -c agentctl -n "__fish_agentctl_using_subcommand container; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -f -a "list" -d 'List the images there are, and how many sessions each is used by'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -f -a "ls" -d 'List the images there are, and how many sessions each is used by'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -f -a "pull" -d 'Fetch an image from its registry'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -f -a "import" -d 'Make an image of the tar archive of a root file system, where there is no registry'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -f -a "rm" -d 'Remove images'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and not __fish_seen_subcommand_from list ls pull import rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from list" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from list" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from list" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from ls" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from ls" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from ls" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from pull" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from pull" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from pull" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from pull" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from pull" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from import" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from import" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from import" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from rm" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from rm" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from rm" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from rm" -s f -l force -d 'Also while sessions are held to it; never while a container is made of it'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from rm" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from rm" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the images there are, and how many sessions each is used by'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "pull" -d 'Fetch an image from its registry'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "import" -d 'Make an image of the tar archive of a root file system, where there is no registry'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove images'
complete -c agentctl -n "__fish_agentctl_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -f -a "start" -d 'Start agentd in the background and print its process id'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -f -a "stop" -d 'End agentd in good order; open turns go on at its next start'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -f -a "restart" -d 'Stop and start agentd; open turns go on'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -f -a "status" -d 'Show the running agentd; exit code 6 where none runs'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -f -a "logs" -d 'Print the log of an agentd in the background'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and not __fish_seen_subcommand_from start stop restart status logs help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from start" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from start" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from start" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from start" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from restart" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from restart" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from restart" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from restart" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from restart" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from status" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from status" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from status" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -s n -l lines -d 'Only the last lines' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -s f -l follow -d 'Go on with what comes, until interrupted'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "start" -d 'Start agentd in the background and print its process id'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "stop" -d 'End agentd in good order; open turns go on at its next start'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "restart" -d 'Stop and start agentd; open turns go on'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show the running agentd; exit code 6 where none runs'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "logs" -d 'Print the log of an agentd in the background'
complete -c agentctl -n "__fish_agentctl_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand status" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand status" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand status" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand status" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand doctor" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand doctor" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand doctor" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand doctor" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand models" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand models" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand models" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand models" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand models" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand models" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand usage" -l by -d 'By what it is added up' -r -f -a "session\t'One line a session'
model\t'One line a model'
day\t'One line a day'"
complete -c agentctl -n "__fish_agentctl_using_subcommand usage" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand usage" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand usage" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand usage" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand usage" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand usage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -f -a "show" -d 'Print the configuration in force, with every default'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -f -a "path" -d 'Print where the configuration file is, or would be'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -f -a "init" -d 'Write a configuration file that explains every setting'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and not __fish_seen_subcommand_from show path init help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from show" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from show" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from path" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from path" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from path" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from init" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from init" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from init" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the configuration in force, with every default'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where the configuration file is, or would be'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a configuration file that explains every setting'
complete -c agentctl -n "__fish_agentctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand completions" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand completions" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand completions" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand completions" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand man" -l dir -d 'Write every page into this directory instead' -r -f -a "(__fish_complete_directories)"
complete -c agentctl -n "__fish_agentctl_using_subcommand man" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand man" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand man" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand man" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand version" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand version" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand version" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand version" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand version" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand demo" -l image -d 'The sandbox\'s image; it needs no more than sh [default: AGENTD_SANDBOX_IMAGE, else agentd\'s own default]' -r
complete -c agentctl -n "__fish_agentctl_using_subcommand demo" -l socket -d 'The daemon\'s socket [env: AGENTD_SOCKET]' -r -F
complete -c agentctl -n "__fish_agentctl_using_subcommand demo" -s o -l output -d 'Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream' -r -f -a "text\t'For people'
json\t'For scripts'"
complete -c agentctl -n "__fish_agentctl_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c agentctl -n "__fish_agentctl_using_subcommand demo" -s q -l quiet -d 'Only answers and errors'
complete -c agentctl -n "__fish_agentctl_using_subcommand demo" -l no-autostart -d 'Do not start agentd when it is not running'
complete -c agentctl -n "__fish_agentctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "session" -d 'Sessions: conversations, each with its own workspace, sandbox and journal'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "chat" -d 'Send a message and stream what the agent does; without a message, talk with it'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "run" -d 'Make a session, give it one task, and stream what the agent does'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "resume" -d 'Answer calls that wait for an approval, and stream the rest of the turn'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "approvals" -d 'Show every call that waits for an approval'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "events" -d 'Print the journal, one JSON object a line'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "steer" -d 'Tell the model something while its turn is running'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "attach" -d 'Watch a running turn live from where it is'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "stop" -d 'Cancel the running turn'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "journal" -d 'The journal as it lies on disk: whether it is whole'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "container" -d 'Containers: the sandboxes of sessions'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "image" -d 'Images: what sandboxes are made of'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "daemon" -d 'The daemon as a process: start, stop, status, logs'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "status" -d 'Show how the daemon, the engine and the model stand'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "doctor" -d 'Check everything that a session needs, and say how each problem is mended'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "models" -d 'List the configured models, and whether they answer'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "usage" -d 'Show what was used of models: tokens, requests, cost'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "config" -d 'The daemon\'s configuration'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "completions" -d 'Print a script that teaches a shell what can be typed'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "man" -d 'Print the manual'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "version" -d 'Print the versions of agentctl and of the running agentd'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "demo" -d 'See the whole product in a minute, without a key'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and not __fish_seen_subcommand_from session chat run resume approvals events steer attach stop journal container image daemon status doctor models usage config completions man version demo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "new" -d 'Make a session; prints its id, alone, on stdout'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "list" -d 'List all sessions, oldest first'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "show" -d 'Show all about a session'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "rename" -d 'Give a session another name'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "model" -d 'Have a session\'s next turns ask another model'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "budget" -d 'Let a session use more, or less, than before'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "upgrade" -d 'Give a session another image; its container is replaced when it is next needed'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "rollback" -d 'Give a session the image that it had before'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "rm" -d 'Remove sessions, with their containers and the workspaces that agentd made'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "export" -d 'Write a whole session to stdout: its journal, or a document for people'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from journal" -f -a "verify" -d 'Check that every row is as it was written, and that nothing is missing'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "list" -d 'List the containers of all sessions'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "show" -d 'Show one container and how it is hardened'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "create" -d 'Make and start the container ahead of need'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "start" -d 'Start a stopped container'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "stop" -d 'Stop it; a running command of a turn ends with it'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "pause" -d 'Freeze every process in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "unpause" -d 'Let its processes go on'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "rm" -d 'Remove containers; workspaces stay, and the next tool call makes a new container'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "prune" -d 'Remove containers that nobody needs: leftovers, and what is stopped'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "logs" -d 'Print the output of the session\'s commands'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "stats" -d 'Measure the use of cpu, memory, processes, network and disk'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "top" -d 'Show the processes in it, with the call that each belongs to'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "kill" -d 'Send a signal to processes in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "exec" -d 'Run a command in it'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from container" -f -a "cp" -d 'Copy files into it or out of it'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "list" -d 'List the images there are, and how many sessions each is used by'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "pull" -d 'Fetch an image from its registry'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "import" -d 'Make an image of the tar archive of a root file system, where there is no registry'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "rm" -d 'Remove images'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "start" -d 'Start agentd in the background and print its process id'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "stop" -d 'End agentd in good order; open turns go on at its next start'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "restart" -d 'Stop and start agentd; open turns go on'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "status" -d 'Show the running agentd; exit code 6 where none runs'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "logs" -d 'Print the log of an agentd in the background'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print the configuration in force, with every default'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print where the configuration file is, or would be'
complete -c agentctl -n "__fish_agentctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "init" -d 'Write a configuration file that explains every setting'
