package logs

import (
	"strings"
	"sync"

	"pressmill/pkg/logging"
)

// Field is one of the fields that a Line knows without a search. Any other is
// found with Line.Lookup.
type Field uint8

// The fields that a Line knows. Names and meaning are those of the catalogue
// in pkg/logging.
const (
	Time Field = iota
	Level
	Message
	Schema
	Service
	Instance
	Event
	Stage
	Host
	URL
	Source
	CrawlID
	PageID
	ArticleID
	Rev
	Kind
	Reason
	Error
	Status
	Took
	Waited
	Size
	New
	Words
	Attempt
	Every
	Next
	Sink
	Key
	Partition
	Seq
	First
	Last
	Articles
	Skipped
	Rejected
	In
	Out
	Failed
	FailedBy
	SkippedBy
	InFlight
	Lag
	Rate
	P50
	P95
	P99
	Interval
	Final
	RSS
	Version
	With
	WordsP50
	Name
	Share
	Usual
	wrapped    // the line inside one of Docker, Fluent Bit, journald or Loki
	stream     // Docker: stdout or stderr
	fieldCount // at most 64: Line.have is a bit set
)

// fieldNames are the names of the default preset.
var fieldNames = [fieldCount]string{
	Time:      logging.KeyTime,
	Level:     logging.KeyLevel,
	Message:   logging.KeyMessage,
	Schema:    logging.KeySchema,
	Service:   logging.KeyService,
	Instance:  logging.KeyInstance,
	Event:     logging.KeyEvent,
	Stage:     logging.KeyStage,
	Host:      logging.KeyHost,
	URL:       logging.KeyURL,
	Source:    logging.KeySource,
	CrawlID:   logging.KeyCrawlID,
	PageID:    logging.KeyPageID,
	ArticleID: logging.KeyArticleID,
	Rev:       logging.KeyRev,
	Kind:      logging.KeyKind,
	Reason:    logging.KeyReason,
	Error:     logging.KeyError,
	Status:    logging.KeyStatus,
	Took:      logging.KeyTook,
	Waited:    logging.KeyWaited,
	Size:      logging.KeyBytes,
	New:       logging.KeyNew,
	Words:     logging.KeyWords,
	Attempt:   logging.KeyAttempt,
	Every:     logging.KeyEvery,
	Next:      logging.KeyNext,
	Sink:      logging.KeySink,
	Key:       logging.KeyKey,
	Partition: logging.KeyPartition,
	Seq:       logging.KeySeq,
	First:     logging.KeyFirst,
	Last:      logging.KeyLast,
	Articles:  logging.KeyArticles,
	Skipped:   logging.KeySkipped,
	Rejected:  logging.KeyRejected,
	In:        logging.KeyIn,
	Out:       logging.KeyOut,
	Failed:    logging.KeyFailed,
	FailedBy:  logging.KeyFailedBy,
	SkippedBy: logging.KeySkippedBy,
	InFlight:  logging.KeyInFlight,
	Lag:       logging.KeyLag,
	Rate:      logging.KeyRate,
	P50:       logging.KeyP50,
	P95:       logging.KeyP95,
	P99:       logging.KeyP99,
	Interval:  logging.KeyInterval,
	Final:     logging.KeyFinal,
	RSS:       logging.KeyRSS,
	Version:   logging.KeyVersion,
	With:      logging.KeyWith,
	WordsP50:  logging.KeyWordsP50,
	Name:      logging.KeyField,
	Share:     logging.KeyShare,
	Usual:     logging.KeyUsual,
	wrapped:   "MESSAGE",
	stream:    "stream",
}

// carrierNames are the names that carriers give to the line that they wrap.
var carrierNames = []string{"log", "line"}

// String is the name of the field in the default preset.
func (f Field) String() string { return fieldNames[f] }

var presetNames = sync.OnceValue(logging.Canonical)

// canonical returns the default preset's name of a key of any preset.
func canonical(key string) string {
	if name, ok := presetNames()[key]; ok {
		return name
	}
	return strings.TrimPrefix(key, logging.CanonicalPrefix)
}

// slots is the size of the table of names: a power of two, and sparse.
const slots = 1024

type slot struct {
	name  string
	field Field
}

var names = buildNames()

func buildNames() (table [slots]slot) {
	put := func(name string, f Field) {
		i := hash([]byte(name))
		for table[i].name != "" {
			i = (i + 1) % slots
		}
		table[i] = slot{name, f}
	}
	byName := map[string]Field{}
	for f, name := range fieldNames {
		byName[name] = Field(f)
		put(name, Field(f))
		put(logging.CanonicalPrefix+name, Field(f))
	}
	for name, canonical := range logging.Canonical() {
		if f, known := byName[canonical]; known && name != canonical {
			put(name, f)
		}
	}
	for _, name := range carrierNames {
		put(name, wrapped)
	}
	return table
}

// fieldOf finds a name of any preset.
func fieldOf(name []byte) (Field, bool) {
	if len(name) == 0 {
		return 0, false
	}
	for i := hash(name); table(i).name != ""; i = (i + 1) % slots {
		if table(i).name == string(name) {
			return table(i).field, true
		}
	}
	return 0, false
}

func table(i uint) *slot { return &names[i] }

// hash looks at the length and three bytes only, which tells the known names apart well enough.
func hash(name []byte) uint {
	n := uint(len(name))
	h := n*0x9e37 ^ uint(name[0])*0x85eb ^ uint(name[n-1])*0xc2b3 ^ uint(name[n/2])*0x27d5
	return (h ^ h>>7) % slots
}
