// Package table writes articles as tables and reads them back: Parquet with a
// typed column for every field, and CSV of chosen fields. It knows JSON lines
// of article/v1 and takedown/v1 (see pkg/news) and nothing of where they lie.
//
// A line that is read back from Parquet says all that it said, also what no
// column is made for; of CSV it says what its fields hold. A member that is null
// counts as absent.
package table

import "errors"

// ErrCorrupt says that a table is broken, or is not one of ours.
var ErrCorrupt = errors.New("table is corrupt")
