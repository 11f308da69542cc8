// Package chaos holds a test alone: `make chaos` crawls a local web with a
// cluster of processes while faults are injected, and judges what came of it.
//
// A plan of faults follows from a seed (plan_test.go). The processes and the
// network that they run in are in rig_test.go and namespace_test.go, how faults
// are injected in faults_test.go and poison_test.go, what the processes' logs
// tell in journal_test.go, and the judgement in judge_test.go.
package chaos
