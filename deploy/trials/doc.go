// Package trials holds tests alone, of a cluster of processes that crawls a local
// web: `make chaos` injects faults meanwhile, `make soak` goes on at a steady load
// for long and wants nothing to grow. Both judge what came of the crawl.
//
// The processes and the network that they run in are in rig_test.go and
// namespace_test.go, what the processes' logs tell in journal_test.go, and the
// judgement in judge_test.go and account_test.go. Chaos is in chaos_test.go: a plan
// of faults follows from a seed (plan_test.go), and faults_test.go and
// poison_test.go inject them. Soak is in soak_test.go: what is measured is in
// measure_test.go, and whether it grows in growth_test.go.
package trials
