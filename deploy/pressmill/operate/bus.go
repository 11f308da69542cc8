package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/bus/keys"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

func busCommands() []worker.Command {
	return []worker.Command{
		{
			Name: "bus keys", Args: "-o DIR", Short: "Make the keys that workers and operators connect to NATS with", Run: makeKeys,
			Long: `Writes for each role, crawler, parser, sink and operator, the files ROLE.nk, a secret, and ROLE.pub into DIR. Keys that
are there stay, so a lost one is replaced by running it again. A worker gets the file of its role as bus.nkey_file,
the commands of operators get operator.nk; the server gets public keys alone:

  pressmill bus keys -o keys
  pressmill bus authorization -keys keys -o accounts.conf   # included by the server's configuration`,
		},
		{
			Name: "bus authorization", Args: "[-keys DIR]... [-format conf|helm] [-config FILE] [-o FILE]", Short: "Print who may do what on the bus, for NATS' configuration", Run: printAuthorization,
			Long: `Prints the accounts of a NATS server: PRESSMILL, with a user for each role that may do what its code does and nothing
else, and SYS. The permissions follow from the topology: after an update of Pressmill, print them again and have the
server reload them before the workers are updated. A server's configuration takes them with a line

  include accounts.conf      # relative to the folder of the configuration

The key of a role is read from the first of DIR/ROLE.nk, DIR/ROLE.pub and DIR/ROLE/nkey that is there. Each may hold a
seed or a public key; no secret is printed. With -keys twice, the keys of both folders are good, so that keys are
exchanged without a stop: print the new and the old ones, give the workers the new ones, print these alone.
-format helm prints values for the chart of the NATS project (nats/nats).`,
		},
		certificateCommand(),
		{
			Name: "bus serve", Args: "-config FILE", Short: "Run a NATS server, for machines that have none", Run: serveBus,
			Long: `Runs the NATS server that is in this program with a server's own configuration file (host, port, jetstream, cluster,
tls, accounts and so on; see deploy/nats/nats.conf). SIGTERM or Ctrl-C stop it, SIGHUP has it read the file again. For one
machine without workers apart, ` + "`pressmill run`" + ` needs no server.`,
		},
	}
}

// parseFlags parses what are flags alone.
func parseFlags(flags *worker.Flags, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	return flags.NoArgs()
}

func makeKeys(_ context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	dir := flags.String("o", "", "`DIR` to write the keys to; it is made if needed")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if *dir == "" {
		return worker.Usagef("name a folder with -o")
	}
	var names []string
	for _, r := range bus.Roles() {
		names = append(names, string(r))
	}
	made, err := keys.Make(*dir, names...)
	if err != nil {
		return err
	}
	for _, name := range made {
		fmt.Fprintf(env.Stdout, "made the key of %s\n", name)
	}
	if kept := len(names) - len(made); kept > 0 {
		fmt.Fprintf(env.Stdout, "kept %d\n", kept)
	}
	return nil
}

func printAuthorization(_ context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	var dirs []string
	flags.Func("keys", "`DIR` with the keys of all roles; may be repeated (default: placeholders)", func(dir string) error {
		dirs = append(dirs, dir)
		return nil
	})
	format := flags.String("format", "conf", "`conf` for a server's configuration, helm for values of NATS' chart")
	path := flags.String("config", "", "`FILE` with the section bus, for the permissions that this configuration needs (default: all that any needs)")
	out := flags.String("o", "", "`FILE` to write to (default: standard output)")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	cfg, err := accessConfig(*path)
	if err != nil {
		return err
	}
	generate := cfg.Authorization
	switch *format {
	case "conf":
	case "helm":
		generate = cfg.AuthorizationValues
	default:
		return worker.Usagef("-format %q is not conf or helm", *format)
	}
	text, err := generate(PublicKeys(dirs))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w (`pressmill bus keys` makes it)", err)
	}
	if err != nil {
		return err
	}
	if *out == "" {
		_, err = env.Stdout.Write(text)
		return err
	}
	return os.WriteFile(*out, text, 0o644)
}

// accessConfig returns the section bus of a configuration, or one that needs all
// permissions.
func accessConfig(path string) (bus.Config, error) {
	cfg := bus.Defaults()
	if path == "" {
		cfg.Archive = true
		return cfg, nil
	}
	file, err := config.Load(path)
	if err != nil {
		return cfg, err
	}
	return cfg, file.Decode("bus", &cfg)
}

// PublicKeys returns the roles' public keys in folders.
func PublicKeys(dirs []string) bus.PublicKeys {
	if len(dirs) == 0 {
		return bus.PlaceholderKeys
	}
	return func(r bus.Role) (all []string, err error) {
		for _, dir := range dirs {
			key, err := keys.Public(dir, string(r))
			if err != nil {
				return nil, err
			}
			if !slices.Contains(all, key) {
				all = append(all, key)
			}
		}
		return all, nil
	}
}

func serveBus(ctx context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	path := flags.String("config", "", "`FILE` with the server's configuration")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if *path == "" {
		return worker.Usagef("name the server's configuration with -config")
	}
	return embedded.Serve(ctx, *path)
}
