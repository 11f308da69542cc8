package crawler

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
)

const (
	clusterHosts = 60
	clusterURLs  = 8
	clusterGap   = 500 * time.Millisecond
)

// TestCrawlOnAClusterThatLosesAServer has two crawlers share a cluster of three
// servers with three replicas. In the middle of the crawl another server comes
// to lead the turns, and then the one that the second crawler is connected to
// goes away. Every URL is fetched, the sites see their gaps kept, and nothing is
// left waiting.
func TestCrawlOnAClusterThatLosesAServer(t *testing.T) {
	if os.Getenv("PRESSMILL_CLUSTER") == "" {
		t.Skip("PRESSMILL_CLUSTER is not set: see make failover")
	}
	servers, err := embedded.StartCluster(t.TempDir(), 3)
	must(t, err)
	for _, s := range servers {
		t.Cleanup(s.Stop)
	}
	one, two := joinCluster(t, servers[0], "one"), joinCluster(t, servers[2], "two")
	eventually(t, 30*time.Second, "the cluster takes the topology", func() bool { return one.Apply(t.Context()) == nil })
	r := newRigOn(t, one)
	r.cfg.Delay, r.cfg.Slots = clusterGap, clusterHosts
	sites := make([]*site, clusterHosts)
	var src Source
	for i := range sites {
		sites[i] = newSite(t)
		sites[i].rest = page()
		for n := range clusterURLs {
			src.Seeds = append(src.Seeds, fmt.Sprintf("%s/%d", sites[i].URL, n))
		}
	}
	r.enqueue(t, "c1", src)
	asked := func() (n int) {
		for _, s := range sites {
			n += len(s.log())
		}
		return n
	}
	r.startOn(t, one)
	r.startOn(t, two)
	eventually(t, 60*time.Second, "the crawl is well under way", func() bool { return asked() > 2*clusterHosts })
	led := false
	for _, s := range servers {
		was, err := s.LeaveStream("HOSTS")
		must(t, err)
		led = led || was
	}
	if !led {
		t.Error("no server led the turns")
	}
	eventually(t, 60*time.Second, "the crawl goes on under another leader", func() bool { return asked() > 4*clusterHosts })
	servers[2].Stop()
	eventually(t, 3*time.Minute, "nothing waits", func() bool {
		s, err := r.State(t.Context())
		return err == nil && s.Hosts == 0 && s.Frontier == 0 && s.Pages == 0
	})
	again := 0
	for _, s := range sites {
		s.keepsGap(t, clusterGap)
		for n := range clusterURLs {
			r.page(t, fmt.Sprintf("%s/%d", s.URL, n))
		}
		again += len(s.log()) - clusterURLs - 1 // and robots.txt
	}
	same(t, "dead letters", r.letters(t), []bus.DeadLetter(nil))
	t.Logf("%d requests were sent again", again)
}

// joinCluster returns a connection to one server of a cluster.
func joinCluster(t *testing.T, s *embedded.Server, name string) *bus.Bus {
	t.Helper()
	cfg := bus.Defaults()
	cfg.URL, cfg.AckWait, cfg.Replicas = s.URL(), fleetWait, 3
	b, err := bus.Connect(cfg, name, zap.NewNop())
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b
}
