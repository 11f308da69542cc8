package logging

import "pressmill/pkg/logging/redact"

// RedactURL is redact.URL: all that is logged is redacted anyway, so only what
// is shown elsewhere needs it.
func RedactURL(raw string) string { return redact.URL(raw) }
