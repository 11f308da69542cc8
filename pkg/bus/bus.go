package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/bus/keys"
	"pressmill/pkg/bus/leader"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/config"
)

// Config is the section bus of the configuration.
type Config struct {
	// URL of the NATS servers, comma separated; secrets belong into files.
	URL       string `yaml:"url"`
	CredsFile string `yaml:"creds_file"` // user JWT and seed
	NKeyFile  string `yaml:"nkey_file"`  // seed of an nkey, or of the ed25519 key as 32 bytes in base64
	CAFile    string `yaml:"ca_file"`    // PEM roots for TLS
	// CertFile and KeyFile are a client's certificate and its key, PEM, for
	// servers that verify their clients.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`

	Replicas int `yaml:"replicas"` // of every stream: 1, 3 or 5
	// AckWait is how long a silent worker keeps a turn or a page before
	// another one gets it.
	AckWait time.Duration `yaml:"ack_wait"`

	// Archive holds pages in their stream until they are archived, too.
	Archive bool `yaml:"archive"`

	PagesMaxBytes    config.Bytes `yaml:"pages_max_bytes"`
	ArticlesMaxBytes config.Bytes `yaml:"articles_max_bytes"`
	// ArticlesReplay is how long articles stay that every sink has, for sinks
	// that come later: less long only where the stream is above 70 % of its bytes.
	ArticlesReplay   time.Duration `yaml:"articles_replay"`
	FrontierMaxBytes config.Bytes  `yaml:"frontier_max_bytes"`
	FrontierPerHost  int64         `yaml:"frontier_per_host"` // URLs waiting per host and priority
	FrontierMaxAge   time.Duration `yaml:"frontier_max_age"`
	SeenMaxAge       time.Duration `yaml:"seen_max_age"`
	DeadMaxAge       time.Duration `yaml:"dead_letters_max_age"`
	// DeadMaxBytes bounds the dead letters, and those that are replayed as much
	// again; 0 is the default. What finds no room waits where it is.
	DeadMaxBytes config.Bytes `yaml:"dead_letters_max_bytes"`
}

// Defaults returns the configuration of a single local server.
func Defaults() Config {
	return Config{
		URL:              nats.DefaultURL,
		Replicas:         1,
		AckWait:          60 * time.Second,
		PagesMaxBytes:    2 << 30,
		ArticlesMaxBytes: 8 << 30,
		ArticlesReplay:   7 * 24 * time.Hour,
		FrontierMaxBytes: 4 << 30,
		FrontierPerHost:  250_000,
		FrontierMaxAge:   14 * 24 * time.Hour,
		SeenMaxAge:       92 * 24 * time.Hour,
		DeadMaxAge:       30 * 24 * time.Hour,
		DeadMaxBytes:     1 << 30,
	}
}

// Validate reports every fault of the section at once. URLs without a scheme
// get the one that they are read with, so that whoever shows them sees which
// part of them is secret.
func (c *Config) Validate() error {
	c.URL = withScheme(c.URL)
	if c.DeadMaxBytes == 0 {
		c.DeadMaxBytes = Defaults().DeadMaxBytes
	}
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	fault(c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5, "bus.replicas: %d is not 1, 3 or 5", c.Replicas)
	fault(c.AckWait < time.Second, "bus.ack_wait: %s is below 1s", c.AckWait)
	fault(c.PagesMaxBytes < 1<<20, "bus.pages_max_bytes: %d is below 1MiB", c.PagesMaxBytes)
	fault(c.ArticlesMaxBytes < 1<<20, "bus.articles_max_bytes: %d is below 1MiB", c.ArticlesMaxBytes)
	fault(c.ArticlesReplay < 0, "bus.articles_replay: %s is negative", c.ArticlesReplay)
	fault(c.FrontierMaxBytes < 1<<20, "bus.frontier_max_bytes: %d is below 1MiB", c.FrontierMaxBytes)
	fault(c.DeadMaxBytes < leastDead, "bus.dead_letters_max_bytes: %d is below 16MiB: the largest letter has 8MiB", c.DeadMaxBytes)
	fault(c.FrontierPerHost < 1, "bus.frontier_per_host: must be positive")
	fault(c.CredsFile != "" && c.NKeyFile != "", "bus: creds_file and nkey_file exclude each other")
	fault((c.CertFile == "") != (c.KeyFile == ""), "bus: cert_file and key_file need each other")
	return errors.Join(errs...)
}

func withScheme(urls string) string {
	all := strings.Split(urls, ",")
	for i, u := range all {
		if u = strings.TrimSpace(u); u != "" && !strings.Contains(u, "://") {
			all[i] = "nats://" + u
		}
	}
	return strings.Join(all, ",")
}

// Bus is a connection to NATS. It is safe for concurrent use.
type Bus struct {
	cfg  Config
	role Role
	nc   *nats.Conn
	js   jetstream.JetStream
	log  *zap.Logger

	read         leader.Reader
	hosts, sinks *turn.Queue
	streams      sync.Map // name -> jetstream.Stream
	buckets      sync.Map // name -> jetstream.KeyValue
	tails        sync.Map // name -> *tail
	crowd        crowd    // of articles

	closing   atomic.Bool
	denyOnce  sync.Once
	denied    chan struct{} // is closed by the first refusal
	deniedErr error
	patience  pace // of lines about attempts to connect again
	refusals  pace // and about dead letters for which there is no room
	crowded   pace // and about URLs that find none aside
}

// asyncTimeout bounds the wait for the answer to a message that was sent
// without waiting for it, and the wait of the next one while too many are out.
const asyncTimeout = 15 * time.Second

// requestTimeout bounds the wait for the answer to a request that has no
// deadline. What a server of a cluster leaves unanswered, as it does while
// another one takes over, is to be asked for again soon; one in this process
// answers, however busy the machine is.
func requestTimeout(o nats.Options) time.Duration {
	if o.InProcessServer != nil {
		return time.Minute
	}
	return 5 * time.Second
}

// Connect connects to the servers of the configuration. name is that of a role,
// whose permissions are enough for it, or another one, which needs all. It does
// not look at the topology: Apply makes it, Check and WaitReady compare it.
func Connect(cfg Config, name string, log *zap.Logger, opts ...nats.Option) (*Bus, error) {
	auth, err := cfg.options()
	if err != nil {
		return nil, err
	}
	b := &Bus{cfg: cfg, role: Role(name), log: log, denied: make(chan struct{})}
	opts = append(append(auth,
		nats.Name("pressmill "+name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500*time.Millisecond),
		nats.PingInterval(10*time.Second),
		nats.CustomInboxPrefix("_INBOX."+name),
		nats.DisconnectErrHandler(b.disconnected),
		nats.ReconnectHandler(b.reconnected),
		nats.ErrorHandler(b.asyncError),
		nats.ClosedHandler(b.closed),
		nats.ReconnectErrHandler(b.notYet),
	), opts...)
	if b.nc, err = nats.Connect(cfg.URL, opts...); err != nil {
		if isAuth(err) {
			return nil, denial(name, err)
		}
		return nil, explain(cfg.URL, err)
	}
	if b.js, err = jetstream.New(b.nc, jetstream.WithPublishAsyncMaxPending(4096), jetstream.WithPublishAsyncTimeout(asyncTimeout), jetstream.WithDefaultTimeout(requestTimeout(b.nc.Opts))); err != nil {
		b.nc.Close()
		return nil, err
	}
	b.read = leader.Reader{Conn: b.nc, Replicas: cfg.Replicas}
	b.hosts = turn.New(b.nc, b.js, turn.Config{Stream: streamHosts, Prefix: "host", Consumer: consumerCrawler, AckWait: cfg.AckWait, Replicas: cfg.Replicas})
	b.sinks = turn.New(b.nc, b.js, turn.Config{Stream: streamSinks, Prefix: "sink", Consumer: consumerSink, AckWait: cfg.AckWait, Replicas: cfg.Replicas})
	return b, nil
}

func (c Config) options() ([]nats.Option, error) {
	var opts []nats.Option
	if c.CredsFile != "" {
		opts = append(opts, nats.UserCredentials(c.CredsFile))
	}
	if c.NKeyFile != "" {
		o, err := nkeyOption(c.NKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read bus.nkey_file: %w", err)
		}
		opts = append(opts, o)
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
			err = fmt.Errorf("%s holds no certificate (PEM)", c.CAFile)
		}
		if err != nil {
			return nil, fmt.Errorf("read bus.ca_file: %w", err)
		}
		opts = append(opts, nats.RootCAs(c.CAFile))
	}
	if c.CertFile != "" {
		if _, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile); err != nil {
			return nil, fmt.Errorf("read bus.cert_file and bus.key_file: %w", err)
		}
		opts = append(opts, nats.ClientCert(c.CertFile, c.KeyFile))
	}
	return opts, nil
}

// nkeyOption signs with the key that a file holds. The file is read whenever the
// server asks, so that the key is not kept in memory.
func nkeyOption(path string) (nats.Option, error) {
	pair, err := keys.Load(path)
	if err != nil {
		return nil, err
	}
	defer pair.Wipe()
	public, err := pair.PublicKey()
	if err != nil {
		return nil, err
	}
	return nats.Nkey(public, func(nonce []byte) ([]byte, error) {
		pair, err := keys.Load(path)
		if err != nil {
			return nil, err
		}
		defer pair.Wipe()
		return pair.Sign(nonce)
	}), nil
}

// Close flushes what is pending and closes the connection.
func (b *Bus) Close() error {
	b.closing.Store(true)
	if b.nc.IsClosed() {
		return nil
	}
	err := b.nc.FlushTimeout(5 * time.Second)
	b.nc.Close()
	return err
}

// Connected says whether the connection is up now.
func (b *Bus) Connected() bool { return b.nc.IsConnected() }

// AckWait returns how long a silent worker keeps what it has pulled.
func (b *Bus) AckWait() time.Duration { return b.cfg.AckWait }

// Hosts returns the turns of hosts; keys are host tokens (HostToken).
func (b *Bus) Hosts() *turn.Queue { return b.hosts }

// SinkTurns returns the turns of sink partitions; keys are
// "<sink>-<partition>", as in "files-p03".
func (b *Bus) SinkTurns() *turn.Queue { return b.sinks }

// State counts what lies on the bus.
type State struct {
	Hosts, Frontier, Revisits, Pages, Articles, DeadLetters uint64 // messages
	PagesBytes, ArticlesBytes                               uint64
}

// State reads the state of the streams. The counts are of one moment each, not
// of one moment together.
func (b *Bus) State(ctx context.Context) (State, error) {
	var s State
	for _, q := range []struct {
		stream       string
		count, bytes *uint64
	}{
		{streamHosts, &s.Hosts, nil},
		{streamFrontier, &s.Frontier, nil},
		{streamRevisits, &s.Revisits, nil},
		{streamPages, &s.Pages, &s.PagesBytes},
		{streamArticles, &s.Articles, &s.ArticlesBytes},
		{streamDead, &s.DeadLetters, nil},
	} {
		st, err := b.js.Stream(ctx, q.stream)
		if err != nil {
			return s, fmt.Errorf("read stream %s: %w", q.stream, err)
		}
		info := st.CachedInfo()
		*q.count = info.State.Msgs
		if q.bytes != nil {
			*q.bytes = info.State.Bytes
		}
	}
	return s, nil
}

// PagesFull says whether the stream of pages is above 80 % of its bytes:
// crawlers pull no turns then.
func (b *Bus) PagesFull(ctx context.Context) (bool, error) {
	st, err := b.js.Stream(ctx, streamPages)
	if err != nil {
		return false, err
	}
	info := st.CachedInfo()
	return info.Config.MaxBytes > 0 && info.State.Bytes > uint64(info.Config.MaxBytes)/10*8, nil
}
