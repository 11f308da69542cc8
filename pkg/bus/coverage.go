package bus

import (
	"context"
	"encoding/json"
)

// UpdateCoverage changes what the parsers know together of a source's articles,
// as UpdateGroup does what is known of a group. Of a source without news for nine
// days all is forgotten.
func UpdateCoverage[T any](ctx context.Context, b *Bus, source string, change func(*T)) (T, error) {
	return update(ctx, b, bucketCoverage, source, change)
}

// Coverage returns by source what UpdateCoverage stored.
func Coverage[T any](ctx context.Context, b *Bus) (map[string]T, error) {
	all := map[string]T{}
	err := b.each(ctx, bucketCoverage, "*", func(key string, data []byte) error {
		source, err := ParseHostToken(key)
		if err != nil {
			return err
		}
		var known T
		err = json.Unmarshal(data, &known)
		all[source] = known
		return err
	})
	return all, err
}
