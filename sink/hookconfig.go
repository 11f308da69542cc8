package sink

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"pressmill/pkg/config"
	"pressmill/sink/webhook"
)

// isWebhook says whether the sink has a receiver instead of a store.
func (c Config) isWebhook() bool {
	return strings.HasPrefix(c.URL, "https://") || strings.HasPrefix(c.URL, "http://")
}

// receiver is the configuration of the sink's client.
func (c Config) receiver() webhook.Config {
	r := c.Webhook
	r.URL = c.URL
	return r
}

// webhookDefaults are Defaults for a webhook. Receivers take smaller batches
// than stores, and sooner.
func (c Config) webhookDefaults() Config {
	if c.Name == "" {
		c.Name = "webhook"
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = config.MiB
	}
	if c.MaxCount == 0 {
		c.MaxCount = 1000
	}
	if c.MaxAge == 0 {
		c.MaxAge = 5 * time.Second
	}
	c.Webhook = c.receiver().Defaults()
	return c
}

// webhookFaults are the faults of what webhooks have, or have not.
func (c Config) webhookFaults() (errs []error) {
	if !c.isWebhook() {
		if !reflect.ValueOf(c.Webhook).IsZero() {
			errs = append(errs, errors.New("webhook: belongs to a url with https:// or http://"))
		}
		return errs
	}
	for key, set := range map[string]bool{
		"prefix": c.Prefix != "", "layout": c.Layout != "", "format": c.Format != "", "compression": c.Compression != "",
		"fields": len(c.Fields) > 0, "spreadsheet": c.Spreadsheet,
	} {
		if set {
			errs = append(errs, fmt.Errorf("%s: is of stores; what a receiver gets is said under webhook", key))
		}
	}
	if c.MaxBytes > maxLetter {
		errs = append(errs, fmt.Errorf("max_bytes: %v is above %v, the largest batch that fits among the dead letters", c.MaxBytes, config.Bytes(maxLetter)))
	}
	if joined, ok := c.receiver().Validate().(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if !strings.HasPrefix(err.Error(), "url: ") {
				err = fmt.Errorf("webhook.%w", err)
			}
			errs = append(errs, err)
		}
	}
	return errs
}
