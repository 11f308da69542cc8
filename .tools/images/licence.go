package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/google/licensecheck"
)

// covered is the share of a file, in percent, that has to be the text of
// licences for it to count as one.
const covered = 75

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying)`)

// licencesIn returns the SPDX identifiers of the licences whose texts lie in
// dir, sorted. Texts that are not known count for nothing.
func licencesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		found := licensecheck.Scan(text)
		if found.Percent < covered {
			continue
		}
		for _, m := range found.Match {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
