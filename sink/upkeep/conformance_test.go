package upkeep

import (
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/sink/segment"
	"pressmill/sink/store/storetest"
)

// TestConformanceUpkeep merges and deletes on real servers, twice at a time,
// while another reads.
func TestConformanceUpkeep(t *testing.T) {
	for _, scheme := range []string{"s3", "gs", "azblob"} {
		t.Run(scheme, func(t *testing.T) {
			s := newShelf(t, storetest.Start(t, scheme).URL(t, "", 30*time.Second))
			fillSome(t, zstd)(s)
			c := testChain(t, 2, 0, formats()[2])
			for range 30 {
				s.add(c, "2026-11-24", 3)
			}
			gone := "02g000000005"
			done := make(chan struct{})
			var reader, work sync.WaitGroup
			reader.Go(func() {
				for {
					s.check("meanwhile")
					select {
					case <-done:
						return
					default:
					}
				}
			})
			for _, target := range []int64{500, 1 << 20} {
				work.Go(func() {
					if _, err := keeper(s.Store).Compact(t.Context(), Options{Target: target}); err != nil {
						t.Error(err)
					}
				})
			}
			work.Wait()
			close(done)
			reader.Wait()
			delete(s.want, gone)
			if r, err := keeper(s.Store).Delete(t.Context(), []segment.Tombstone{{ID: gone}}); err != nil || r.Deleted != 1 {
				t.Errorf("%+v, error %v", r, err)
			}
			if _, err := keeper(s.Store).Compact(t.Context(), Options{Target: 1 << 20}); err != nil {
				t.Error(err)
			}
			s.check("in the end")
			s.checkSettled()
			if n := len(s.keys()); n != 5+2+2 {
				t.Errorf("%d objects:\n%s", n, strings.Join(s.names(), "\n"))
			}
		})
	}
}
