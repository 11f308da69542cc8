package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Insecure says what of a pod the Pod Security Standard "restricted" of the
// latest version refuses, and what is less than can be had beyond it.
func Insecure(pod Pod) ([]string, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, fmt.Errorf("evaluate Pod Security: %w", err)
	}
	var faults []string
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, result := range evaluator.EvaluatePod(level, &pod.Meta, &pod.Spec) {
		if !result.Allowed {
			faults = append(faults, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	faults = append(faults, exposed(pod)...)
	for _, c := range pod.Containers() {
		for _, fault := range insecure(c) {
			faults = append(faults, c.Name+": "+fault)
		}
	}
	return faults, nil
}

// exposed is what a pod as a whole is given without need.
func exposed(pod Pod) []string {
	var faults []string
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken {
		faults = append(faults, "a token of the API server is mounted")
	}
	if pod.Spec.ServiceAccountName == "" || pod.Spec.ServiceAccountName == "default" {
		faults = append(faults, "it has no service account of its own")
	}
	if pod.Spec.EnableServiceLinks == nil || *pod.Spec.EnableServiceLinks {
		faults = append(faults, "variables of all services of the namespace are put into its environment")
	}
	if s := pod.Spec.SecurityContext; s == nil || s.RunAsUser == nil || s.RunAsGroup == nil {
		faults = append(faults, "its user and group are not numbers")
	}
	return faults
}

func insecure(c corev1.Container) []string {
	var faults []string
	if s := c.SecurityContext; s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
		faults = append(faults, "its root file system can be written to")
	}
	for _, of := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if c.Resources.Requests[of] == (resource.Quantity{}) {
			faults = append(faults, "it requests no "+string(of))
		}
	}
	limit, ok := c.Resources.Limits[corev1.ResourceMemory]
	if !ok {
		return append(faults, "its memory has no limit")
	}
	return append(faults, memoryLimit(c, limit)...)
}

// memoryLimit checks that Go's collector works harder before the kernel ends
// the process: GOMEMLIMIT between 60 and 95 % of the container's limit.
func memoryLimit(c corev1.Container, limit resource.Quantity) []string {
	for _, env := range c.Env {
		if env.Name != "GOMEMLIMIT" {
			continue
		}
		soft, err := goMemory(env.Value)
		if err != nil {
			return []string{err.Error()}
		}
		if share := soft / limit.AsApproximateFloat64(); share < 0.6 || share > 0.95 {
			return []string{fmt.Sprintf("GOMEMLIMIT is %.0f %% of the memory limit", math.Round(100*share))}
		}
		return nil
	}
	return []string{"GOMEMLIMIT is not set"}
}

// goMemory reads a size as the Go runtime does: B, KiB, MiB, GiB or TiB.
func goMemory(s string) (float64, error) {
	unit := 1.0
	for i, suffix := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if number, ok := strings.CutSuffix(s, suffix); ok {
			s, unit = number, math.Pow(1024, float64(i+1))
		}
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, "B"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("GOMEMLIMIT is no size: %q", s)
	}
	return float64(n) * unit, nil
}
