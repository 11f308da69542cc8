package bus

import "strings"

// Role is who a connection belongs to: a kind of worker, or those who operate
// them. Each has a key of its own, and may do on the bus what its code does, and
// nothing else.
type Role string

// The roles. Workers connect under these names, and the commands of operators
// under the last one.
const (
	RoleCrawler  Role = "crawler"
	RoleParser   Role = "parser"
	RoleSink     Role = "sink"
	RoleOperator Role = "operator"
)

// Roles returns all roles.
func Roles() []Role { return []Role{RoleCrawler, RoleParser, RoleSink, RoleOperator} }

// use is what a worker does with a stream, besides comparing it with the
// definition and asking for its state and its subjects, which all of its users
// may.
type use uint8

const (
	write  use = 1 << iota // publish on its subjects
	read                   // read messages by sequence, one by one or many at once
	lead                   // read single messages as the stream's leader knows them
	get                    // read a bucket's keys
	remove                 // delete single messages
	purge                  // delete the messages of a subject
)

// bucketStream returns the stream that a bucket is kept in.
func bucketStream(bucket string) string { return "KV_" + bucket }

// bucketSubject returns the subject of a bucket's key, which may hold wildcards.
func bucketSubject(bucket, key string) string { return "$KV." + bucket + "." + key }

// uses returns the streams that a kind of worker has to do with, nil for others.
// Of the stream of dead letters, a stage writes its own part.
func (c Config) uses(r Role) map[string]use {
	switch r {
	case RoleCrawler:
		return map[string]use{
			streamHosts:    write | lead,
			streamFrontier: write | lead | remove,
			streamRevisits: write | lead | remove,
			streamParked:   write | read | remove | purge, // purge: the janitor drops what a removed source left
			streamSeen:     write | lead,
			streamPages:    write, // their state is the back-pressure
			streamDead:     write,

			bucketStream(bucketSources): get,
			bucketStream(bucketStatus):  write | read,
			bucketStream(bucketRobots):  write | get,
			bucketStream(bucketGroups):  write | get,
		}
	case RoleParser:
		return map[string]use{
			streamPages:    0, // pulled through the consumer
			streamArticles: write,
			streamDead:     write,

			bucketStream(bucketCoverage): write | get,
		}
	case RoleSink:
		uses := map[string]use{
			streamSinks:    write | lead,
			streamArticles: read | lead | purge, // purge: the sinks drop what all of them have
			streamDead:     write,
			streamAgain:    read | remove,

			bucketStream(bucketPositions): write | lead | get,
			bucketStream(bucketCursors):   write | get,
		}
		if c.Archive {
			uses[streamPages] = read | lead
		}
		return uses
	case RoleOperator:
	}
	return nil
}

// pulls says whether a role takes messages through a durable consumer.
func (r Role) pulls(durable string) bool {
	switch durable {
	case consumerCrawler:
		return r == RoleCrawler
	case consumerParser:
		return r == RoleParser
	case consumerSink, consumerArchive:
		return r == RoleSink
	}
	return false
}

// sees says whether a connection under this name may ask for a stream: workers
// for those that they use, anybody else for all.
func (c Config) sees(r Role, stream string) bool {
	uses := c.uses(r)
	_, used := uses[stream]
	return used || uses == nil
}

// checks says the same of a durable consumer.
func (c Config) checks(r Role, durable string) bool { return r.pulls(durable) || c.uses(r) == nil }

// Permissions are the subjects that a role may publish and subscribe to.
type Permissions struct{ Publish, Subscribe []string }

// Permissions returns what a role may do, as it follows from the topology. They
// are the same for any number of replicas. No worker may make, change or remove a
// stream or a consumer.
//
// NATS checks where a message goes, not where it asks the answer to go: whoever
// has a key can have what it may read delivered to any subject of the account.
func (c Config) Permissions(r Role) Permissions {
	p := Permissions{Subscribe: []string{"_INBOX." + string(r) + ".>"}}
	if r == RoleOperator {
		p.Publish = c.operations()
		return p
	}
	uses := c.uses(r)
	for _, s := range c.stored() {
		if use, ok := uses[s.name]; ok {
			p.Publish = append(p.Publish, s.subjectsFor(r, use)...)
		}
	}
	for _, cons := range c.consumers() {
		if r.pulls(cons.Durable) {
			p.Publish = append(p.Publish, cons.subjects()...)
		}
	}
	if r == RoleSink && !c.Archive { // it makes sure that the consumer is not there
		p.Publish = append(p.Publish, "$JS.API.CONSUMER.INFO."+streamPages+"."+consumerArchive)
	}
	return p
}

// operations returns what operators may publish: all that the streams hold, and
// all requests to JetStream in their account, among them those for backups.
func (c Config) operations() []string {
	var all []string
	for _, s := range c.stored() {
		all = append(all, s.subjects...)
	}
	return append(all, "$JS.API.>", "$JS.FC.>", "$JS.SNAPSHOT.>")
}

// stored is a stream or the stream of a bucket.
type stored struct {
	name     string
	subjects []string
}

// stored returns all streams, and then those of buckets.
func (c Config) stored() []stored {
	var all []stored
	for _, s := range c.streams() {
		all = append(all, stored{s.Name, s.Subjects})
	}
	for _, b := range c.buckets() {
		all = append(all, stored{bucketStream(b.Bucket), []string{bucketSubject(b.Bucket, ">")}})
	}
	return all
}

// subjectsFor returns the subjects that a use of the stream publishes to.
func (s stored) subjectsFor(r Role, u use) []string {
	var all []string
	if u&write != 0 {
		for _, subject := range s.subjects {
			if s.name == streamDead {
				subject = strings.Replace(subject, "*", string(r), 1)
			}
			all = append(all, subject)
		}
	}
	all = append(all, "$JS.API.STREAM.INFO."+s.name)
	if u&(read|lead) != 0 {
		all = append(all, "$JS.API.DIRECT.GET."+s.name)
	}
	if u&lead != 0 { // with several replicas
		all = append(all, "$JS.API.STREAM.MSG.GET."+s.name)
	}
	if u&get != 0 {
		all = append(all, "$JS.API.DIRECT.GET."+s.name+"."+s.subjects[0])
	}
	if u&remove != 0 {
		all = append(all, "$JS.API.STREAM.MSG.DELETE."+s.name)
	}
	if u&purge != 0 {
		all = append(all, "$JS.API.STREAM.PURGE."+s.name)
	}
	return all
}

// subjects returns what a worker publishes to that pulls through the consumer.
// The number of tokens of an acknowledgement is exact: one of another consumer
// does not fit into either of the two forms that servers have (js_ack_fc_v2).
func (c consumer) subjects() []string {
	name := c.stream + "." + c.Durable
	return []string{
		"$JS.API.CONSUMER.INFO." + name,
		"$JS.API.CONSUMER.MSG.NEXT." + name,
		"$JS.ACK." + name + ".*.*.*.*.*",
		"$JS.ACK.*.*." + name + ".*.*.*.*.*",
	}
}
