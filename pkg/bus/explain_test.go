package bus

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

func TestWhoRunsOneProcessIsToldOfListen(t *testing.T) {
	for url, told := range map[string]bool{Defaults().URL: true, "nats://other.example:4222": false} {
		if err := explain(url, errors.New("x")); strings.Contains(err.Error(), "-listen") != told {
			t.Errorf("%s: %v", url, err)
		}
	}
	if err := explain(nats.DefaultURL, nats.ErrNkeysNotSupported); strings.Contains(err.Error(), "-listen") {
		t.Error(err)
	}
}
