package walls

import "testing"

func TestRead(t *testing.T) {
	for text, want := range map[string]Kind{
		"please complete the captcha so that we know that you are not a robot": Bot,
		"доступ ограничен подтвердите что вы не робот":                         Bot,
		"人間であることを確認してください":                                                     Bot,
		"wir und unsere partner speichern daten alle akzeptieren":              Consent,
		"la page que vous cherchez n existe plus":                              Missing,
		"お探しのページが見つかりません":                                                      Missing,
		"abonelere özel okumaya devam etmek için abone olun":                   Paywall,
		"you need to enable javascript to run this app":                        Script,
		"this domain is for sale buy this domain":                              Parked,
		"忘记密码 登录": Login,
	} {
		h := Read(text)
		if h[want] == 0 {
			t.Errorf("%q: %v", text, h)
		}
		for k, n := range h {
			if n > h[want] {
				t.Errorf("%q: more of kind %d: %v", text, k, h)
			}
		}
	}
}

func TestReadCountsOnce(t *testing.T) {
	if h := Read("oops oops oops"); h[Missing] != 1 {
		t.Errorf("hits %v", h)
	}
	if h := Read("the robot walked to the bridge and stopped for a moment"); h != (Hits{}) {
		t.Errorf("hits %v in a story", h)
	}
}

func TestWhole(t *testing.T) {
	for title, want := range map[string]bool{
		"page not found":                         true,
		"404 page not found":                     true,
		"страница не найдена":                    true,
		"page not found in the old city archive": false,
		"the mayor is not found":                 false,
		"":                                       false,
	} {
		if _, ok := Whole(title, 8); ok != want {
			t.Errorf("%q: %t", title, ok)
		}
	}
}
