package walls

// phrases are the vocabulary: en, de, fr, es, it, pt, nl, pl, sv, tr, ru, ar,
// ja, zh, a line each; what is missing or for sale is said in twenty more. None is a word that news is likely to use by itself.
var phrases = map[Kind]string{
	Bot: `
just a moment|attention required|access denied|access to this page has been denied|are you a robot|are you human|i am not a robot|i m not a robot|you are not a robot|you re not a robot|not a bot|pardon our interruption|security check|checking your browser|checking if the site connection|verify you are human|verifying you are human|verify that you are|please verify|confirm you are human|confirm that you are human|prove you are human|request blocked|you have been blocked|unusual activity|unusual traffic|suspicious activity|automated requests|automated access|ddos protection|complete the captcha|solve the captcha|enter the characters you see|enable javascript and cookies to continue|one more step|human verification|bot detection|press hold|press and hold|ray id|reference id|incident id
einen moment bitte|zugriff verweigert|zugriff gesperrt|zugriff blockiert|sind sie ein mensch|sind sie ein roboter|ich bin kein roboter|kein roboter sind|sicherheitsüberprüfung|sicherheitsabfrage|ihr browser wird überprüft|ungewöhnliche aktivität|ungewöhnlicher datenverkehr|automatisierte anfragen|bestätigen sie dass sie ein mensch|captcha lösen|sie wurden blockiert
un instant|accès refusé|accès bloqué|êtes vous un robot|êtes vous humain|je ne suis pas un robot|vous n êtes pas un robot|vérification de sécurité|vérification de votre navigateur|activité inhabituelle|trafic inhabituel|vérifiez que vous êtes humain|vérifier que vous êtes humain|vous avez été bloqué
un momento|acceso denegado|acceso bloqueado|eres un robot|es usted un robot|no soy un robot|no eres un robot|comprobación de seguridad|verificación de seguridad|comprobando su navegador|verificando su navegador|actividad inusual|tráfico inusual|verifique que es humano|verifica que eres humano|ha sido bloqueado
accesso negato|accesso bloccato|sei un robot|non sono un robot|non sei un robot|controllo di sicurezza|verifica di sicurezza|verifica del browser|attività insolita|traffico insolito|verifica di essere umano|sei stato bloccato
um momento|acesso negado|acesso bloqueado|você é um robô|não sou um robô|não é um robô|verificação de segurança|verificando seu navegador|atividade incomum|tráfego incomum|confirme que você é humano|foi bloqueado
een moment geduld|toegang geweigerd|toegang geblokkeerd|bent u een robot|ben je een robot|ik ben geen robot|geen robot bent|beveiligingscontrole|uw browser wordt gecontroleerd|ongebruikelijke activiteit|ongebruikelijk verkeer|bevestig dat u een mens
odmowa dostępu|dostęp zabroniony|dostęp zablokowany|czy jesteś robotem|nie jestem robotem|nie jesteś robotem|kontrola bezpieczeństwa|sprawdzanie przeglądarki|nietypowa aktywność|nietypowy ruch|potwierdź że jesteś człowiekiem
ett ögonblick|åtkomst nekad|är du en robot|jag är inte en robot|inte är en robot|säkerhetskontroll|kontrollerar din webbläsare|ovanlig aktivitet|ovanlig trafik|bekräfta att du är människa
bir dakika lütfen|erişim engellendi|erişim reddedildi|robot musunuz|robot değilim|robot olmadığınızı|güvenlik kontrolü|tarayıcınız kontrol ediliyor|olağan dışı|olağandışı trafik|insan olduğunuzu doğrulayın
доступ запрещен|доступ запрещён|доступ ограничен|доступ заблокирован|вы робот|я не робот|вы не робот|проверка безопасности|проверка браузера|проверяем ваш браузер|подозрительная активность|подозрительный трафик|необычная активность|подтвердите что вы|автоматические запросы
تم رفض الوصول|الوصول مرفوض|تم حظر الوصول|لست روبوت|أنا لست روبوت|انك لست روبوت|أنك لست روبوت|التحقق الأمني|التحقق من المتصفح|نشاط غير عادي|تحقق من أنك إنسان|أنك إنسان
しばらくお待ちください|アクセスが拒否|アクセス拒否|アクセスが制限|ロボットではありません|ロボットではないこと|セキュリティチェック|セキュリティ確認|ブラウザを確認|ブラウザーを確認|不審なアクセス|通常と異なるトラフィック|人間であることを確認
请稍候|請稍候|访问被拒绝|存取被拒|拒绝访问|禁止访问|我不是机器人|我不是機器人|不是机器人|安全检查|安全验证|安全檢查|正在检查您的浏览器|异常流量|異常流量|访问异常|请完成验证|验证您是真人|验证码`,
	Missing: `
page not found|404 not found|error 404|404 error|404 page|http 404|http error|page cannot be found|page can t be found|page could not be found|page couldn t be found|page you requested|page you are looking for|page you re looking for|the requested url|not found on this server|page doesn t exist|page does not exist|page no longer exists|page isn t available|page is not available|no longer available|article is no longer available|story is no longer available|content is no longer available|page is no longer available|article you requested|article has been removed|article has expired|content not found|article not found|story not found|sorry we couldn t find|we can t find|nothing was found|nothing found|oops|something went wrong|service unavailable|internal server error|server error|bad gateway|gateway timeout|temporarily unavailable|down for maintenance|under maintenance|scheduled maintenance|an error occurred|error establishing a database connection|fatal error|file not found|object not found
seite nicht gefunden|seite wurde nicht gefunden|seite konnte nicht gefunden|seite existiert nicht|seite ist nicht mehr verfügbar|nicht gefunden|fehler 404|404 fehler|artikel nicht gefunden|artikel ist nicht mehr verfügbar|beitrag nicht gefunden|die gesuchte seite|die angeforderte seite|die aufgerufene seite|interner serverfehler|wartungsarbeiten|vorübergehend nicht erreichbar|ein fehler ist aufgetreten
page introuvable|page non trouvée|erreur 404|page n existe pas|page n existe plus|page demandée|page que vous cherchez|page que vous recherchez|article introuvable|contenu introuvable|n est plus disponible|erreur serveur|site en maintenance|une erreur est survenue|une erreur s est produite
página no encontrada|pagina no encontrada|error 404|no se encontró|no se ha encontrado|no se encuentra la página|página que buscas|página que busca|página solicitada|la página no existe|ya no está disponible|contenido no encontrado|error interno del servidor|en mantenimiento|ha ocurrido un error|se ha producido un error
pagina non trovata|pagina non esiste|errore 404|pagina che cerchi|pagina che stai cercando|pagina richiesta|non è più disponibile|contenuto non trovato|articolo non trovato|errore del server|in manutenzione|si è verificato un errore
página não encontrada|pagina não encontrada|erro 404|página que procura|página que você procura|página solicitada|página não existe|não está mais disponível|conteúdo não encontrado|erro interno|em manutenção|ocorreu um erro
pagina niet gevonden|pagina bestaat niet|niet gevonden|fout 404|pagina die u zoekt|pagina die je zoekt|opgevraagde pagina|niet meer beschikbaar|artikel niet gevonden|interne serverfout|er is een fout opgetreden|er ging iets mis
strona nie została znaleziona|nie znaleziono strony|nie znaleziono|błąd 404|strona nie istnieje|strona której szukasz|nie jest już dostępn|błąd serwera|przerwa techniczna|wystąpił błąd
sidan hittades inte|sidan kunde inte hittas|sidan finns inte|sidan du söker|fel 404|inte längre tillgänglig|artikeln hittades inte|internt serverfel|ett fel uppstod|ett fel inträffade
sayfa bulunamadı|aradığınız sayfa|hata 404|404 hata|sayfa mevcut değil|haber bulunamadı|sunucu hatası|bakım çalışması|bir hata oluştu
страница не найдена|страница не существует|ошибка 404|404 ошибка|запрашиваемая страница|запрошенная страница|такой страницы|страница удалена|материал не найден|статья не найдена|внутренняя ошибка сервера|ведутся технические работы|произошла ошибка
الصفحة غير موجودة|لم يتم العثور على|خطأ 404|الصفحة المطلوبة|الصفحة التي تبحث عنها|غير متوفرة|غير متاحة|حدث خطأ
ページが見つかりません|ページは見つかりません|お探しのページ|ご指定のページ|指定されたページ|存在しないか|記事が見つかりません|掲載期間が終了|公開を終了|サーバーエラー|メンテナンス中|エラーが発生
页面不存在|页面未找到|找不到页面|找不到您|頁面不存在|找不到頁面|找不到网页|您访问的页面|您訪問的頁面|页面已被删除|文章不存在|内容不存在|服务器错误|系统维护|出错了
siden blev ikke fundet|siden kunne ikke findes|siden findes ikke|siden eksisterer ikke|siden du leder efter|siden du søger|fejl 404|artiklen findes ikke|ikke længere tilgængelig|der opstod en fejl|der er sket en fejl
siden finnes ikke|siden ble ikke funnet|fant ikke siden|finner ikke siden|siden du leter etter|siden du prøver å|feil 404|artikkelen finnes ikke|ikke lenger tilgjengelig|det oppstod en feil|det har oppstått en feil
sivua ei löytynyt|sivua ei löydy|sivua ei ole olemassa|hakemaasi sivua|etsimääsi sivua|virhe 404|artikkelia ei löytynyt|ei ole enää saatavilla|tapahtui virhe
stránka nenalezena|stránka nebyla nalezena|stránku se nepodařilo|stránka neexistuje|stránka kterou hledáte|požadovaná stránka|chyba 404|článek nenalezen|článek neexistuje|již není k dispozici|došlo k chybě|stránka sa nenašla|stránka nebola nájdená|stránka ktorú hľadáte|už nie je k dispozícii
az oldal nem található|oldal nem található|a keresett oldal|a kért oldal|404 hiba|404 es hiba|a cikk nem található|már nem elérhető|hiba történt
pagina nu a fost găsită|pagina nu există|pagina pe care o căutați|pagina pe care o cauți|pagina căutată|eroare 404|eroarea 404|articolul nu a fost găsit|nu mai este disponibil|a apărut o eroare
сторінку не знайдено|сторінка не знайдена|сторінки не існує|сторінка не існує|помилка 404|запитувана сторінка|сторінка яку ви|статтю не знайдено|сталася помилка
страницата не е намерена|страницата не съществува|страницата не беше намерена|страницата която търсите|търсената страница|грешка 404|статията не е намерена|възникна грешка
stranica nije pronađena|stranica ne postoji|stranica koju tražite|tražena stranica|greška 404|članak nije pronađen|strana nije pronađena|strana ne postoji|traženi sadržaj|došlo je do greške|страница није пронађена|страница не постоји|strani ni mogoče najti|stran ne obstaja|stran ni bila najdena|napaka 404
η σελίδα δεν βρέθηκε|σελίδα δεν βρέθηκε|η σελίδα δεν υπάρχει|η σελίδα που αναζητάτε|η σελίδα που ζητήσατε|σφάλμα 404|το άρθρο δεν βρέθηκε|δεν είναι πλέον διαθέσιμ|παρουσιάστηκε σφάλμα
puslapis nerastas|puslapis neegzistuoja|klaida 404|lapa nav atrasta|lapa neeksistē|kļūda 404|lehte ei leitud|lehekülge ei leitud|otsitud lehte|viga 404|pàgina no trobada|no s ha trobat la pàgina|la pàgina que busques
הדף לא נמצא|העמוד לא נמצא|הדף שחיפשת|העמוד שחיפשת|הדף המבוקש|העמוד המבוקש|הדף אינו קיים|העמוד אינו קיים|שגיאה 404|שגיאת 404|הכתבה לא נמצאה|אירעה שגיאה
صفحه یافت نشد|صفحه پیدا نشد|صفحه مورد نظر|صفحه موردنظر|صفحه درخواستی|خطای 404|خطای ۴۰۴|مطلب یافت نشد|خبر یافت نشد|خطایی رخ داده
페이지를 찾을 수 없|페이지가 존재하지 않|존재하지 않는 페이지|요청하신 페이지|찾으시는 페이지|404 에러|404 오류|존재하지 않는 기사|삭제된 기사|기사를 찾을 수 없|오류가 발생
ไม่พบหน้า|ไม่พบเพจ|หน้าที่คุณค้นหา|ไม่พบเนื้อหา|không tìm thấy trang|trang không tồn tại|trang bạn tìm|trang bạn đang tìm|trang này không tồn tại|lỗi 404|bài viết không tồn tại|đã xảy ra lỗi
halaman tidak ditemukan|halaman yang anda cari|halaman yang anda minta|halaman tidak tersedia|halaman tidak wujud|kesalahan 404|artikel tidak ditemukan|berita tidak ditemukan|terjadi kesalahan
पृष्ठ नहीं मिला|पेज नहीं मिला|पेज उपलब्ध नहीं|पृष्ठ मौजूद नहीं|आप जो पृष्ठ|आप जो पेज|404 त्रुटि|পাতাটি পাওয়া যায়নি|পৃষ্ঠাটি পাওয়া যায়নি|পেজটি পাওয়া যায়নি`,
	Consent: `
before you continue|cookie consent|cookie preferences|cookie settings|cookie policy|privacy settings|privacy preference|accept all|accept cookies|reject all|manage preferences|manage options|manage choices|we value your privacy|your privacy|we and our partners|our partners|store and or access information|legitimate interest|personalised ads|personalized ads|advertising and content|withdraw your consent|give your consent|consent to
datenschutzeinstellungen|cookie einstellungen|zustimmung|einwilligung|alle akzeptieren|alles akzeptieren|akzeptieren und weiter|alle ablehnen|mit werbung weiterlesen|weiter mit werbung|pur abo|werbefrei|unsere partner|wir und unsere|ihre privatsphäre|berechtigtes interesse|personalisierte werbung|personalisierte anzeigen|auf einem gerät speichern|widerrufen
tout accepter|accepter et continuer|accepter et fermer|continuer sans accepter|tout refuser|paramétrer les cookies|paramètres des cookies|gestion des cookies|votre vie privée|nos partenaires|nous et nos partenaires|intérêt légitime|publicités personnalisées|votre consentement|retirer votre consentement|stocker et ou accéder
aceptar todo|aceptar y continuar|aceptar cookies|rechazar todo|rechazar y suscribirse|configurar cookies|política de cookies|tu privacidad|su privacidad|nuestros socios|nosotros y nuestros|interés legítimo|publicidad personalizada|tu consentimiento|su consentimiento|almacenar o acceder
accetta tutto|accetta tutti|accetta e continua|accetta e chiudi|rifiuta tutto|rifiuta e abbonati|gestisci le preferenze|preferenze cookie|informativa sui cookie|la tua privacy|nostri partner|noi e i nostri|interesse legittimo|pubblicità personalizzata|tuo consenso|archiviare e o accedere
aceitar tudo|aceitar todos|aceitar e continuar|rejeitar tudo|gerir preferências|gerenciar preferências|definições de cookies|política de cookies|sua privacidade|nossos parceiros|nós e os nossos|interesse legítimo|publicidade personalizada|seu consentimento
alles accepteren|alle cookies|accepteren en doorgaan|alles weigeren|cookie instellingen|cookievoorkeuren|uw privacy|jouw privacy|onze partners|wij en onze|gerechtvaardigd belang|gepersonaliseerde advertenties|toestemming
zaakceptuj wszystko|akceptuję wszystkie|akceptuję i przechodzę|przejdź do serwisu|odrzuć wszystko|ustawienia plików cookie|pliki cookie|plików cookies|twoja prywatność|twoją prywatność|zaufani partnerzy|zaufanych partnerów|prawnie uzasadniony interes|spersonalizowane reklamy|zgody
acceptera alla|godkänn alla|godkänn och fortsätt|avvisa alla|cookieinställningar|hantera cookies|din integritet|våra partner|berättigat intresse|anpassade annonser|ditt samtycke
tümünü kabul et|kabul et ve devam|tümünü reddet|çerez ayarları|çerez politikası|çerez tercihleri|gizliliğiniz|iş ortaklarımız|meşru menfaat|kişiselleştirilmiş reklam|açık rıza|onayınız
принять все|принять и продолжить|отклонить все|настройки файлов cookie|файлы cookie|файлов cookie|политика конфиденциальности|ваша конфиденциальность|наши партнеры|наши партнёры|законный интерес|персонализированная реклама|ваше согласие|согласие на
قبول الكل|قبول الجميع|رفض الكل|إعدادات ملفات تعريف|ملفات تعريف الارتباط|خصوصيتك|شركاؤنا|شركائنا|موافقتك|الإعلانات المخصصة
すべて同意|すべて許可|すべて受け入れる|すべて拒否|クッキーの設定|cookieの設定|クッキーポリシー|プライバシー設定|お客様のプライバシー|パートナー企業|同意する|同意して続ける
接受所有|全部接受|同意并继续|同意並繼續|全部拒绝|拒绝所有|cookie设置|cookie 设置|您的隐私|您的隱私|我们的合作伙伴|个性化广告|您的同意`,
	Login: `
log in|login|sign in|signin|sign up|create an account|create account|forgot password|forgot your password|forgotten your password|remember me|stay signed in|keep me logged in|already have an account|don t have an account|email address|enter your password|username
anmelden|anmeldung|einloggen|login|registrieren|jetzt registrieren|konto erstellen|passwort vergessen|angemeldet bleiben|noch kein konto|bereits registriert|e mail adresse|benutzername
se connecter|connexion|connectez vous|identifiez vous|créer un compte|créez un compte|mot de passe oublié|rester connecté|pas encore de compte|pas encore inscrit|déjà inscrit|adresse e mail
iniciar sesión|inicia sesión|iniciar sesion|acceder|regístrate|registrarse|crear una cuenta|crear cuenta|olvidaste tu contraseña|olvidó su contraseña|has olvidado tu contraseña|recuérdame|no tienes cuenta|correo electrónico
accedi|registrati|crea un account|password dimenticata|hai dimenticato la password|ricordami|resta connesso|non hai un account|sei già registrato|indirizzo e mail
entrar|iniciar sessão|fazer login|faça login|cadastre se|criar conta|criar uma conta|esqueceu a senha|esqueci minha senha|esqueceu se da palavra passe|lembrar me|manter conectado|não tem uma conta
inloggen|log in|aanmelden|registreren|account aanmaken|maak een account|wachtwoord vergeten|ingelogd blijven|nog geen account|e mailadres
zaloguj się|logowanie|zarejestruj się|załóż konto|utwórz konto|zapomniałeś hasła|nie pamiętasz hasła|nie pamiętam hasła|zapamiętaj mnie|nie masz konta|adres e mail
logga in|skapa konto|registrera dig|glömt lösenord|glömt ditt lösenord|kom ihåg mig|har du inget konto|e postadress
giriş yap|oturum aç|üye ol|kayıt ol|hesap oluştur|şifremi unuttum|şifrenizi mi unuttunuz|beni hatırla|hesabınız yok mu|e posta adresi
войти|вход на сайт|войдите|авторизация|авторизуйтесь|зарегистрироваться|регистрация|создать аккаунт|забыли пароль|запомнить меня|нет аккаунта|электронная почта
تسجيل الدخول|تسجيل دخول|إنشاء حساب|أنشئ حساب|نسيت كلمة المرور|هل نسيت كلمة|تذكرني|ليس لديك حساب|البريد الإلكتروني
ログイン|サインイン|新規登録|会員登録|アカウントを作成|パスワードを忘れ|パスワードをお忘れ|ログイン状態を保持|メールアドレス
登录|登錄|登入|注册账号|註冊帳號|创建账户|建立帳戶|忘记密码|忘記密碼|记住我|記住我|没有账号|邮箱地址`,
	Script: `
enable javascript|enable java script|javascript is disabled|javascript is required|javascript is not enabled|requires javascript|need to enable javascript|turn on javascript|without javascript|javascript to run this app|javascript disabled|your browser does not support|please update your browser|loading
javascript aktivieren|aktivieren sie javascript|javascript ist deaktiviert|benötigt javascript|benötigen javascript|javascript erforderlich|bitte javascript|ihr browser unterstützt
activer javascript|activez javascript|javascript est désactivé|nécessite javascript|javascript est requis|votre navigateur ne supporte
habilitar javascript|habilite javascript|habilita javascript|activar javascript|active javascript|activa javascript|javascript está desactivado|requiere javascript|su navegador no soporta
abilita javascript|abilitare javascript|attiva javascript|attivare javascript|javascript è disabilitato|richiede javascript
ative o javascript|ativar o javascript|habilite o javascript|habilitar o javascript|javascript está desativado|requer javascript|precisa de javascript
schakel javascript in|javascript inschakelen|javascript is uitgeschakeld|vereist javascript|javascript nodig
włącz javascript|włącz obsługę javascript|włączyć javascript|javascript jest wyłączon|wymaga javascript
aktivera javascript|javascript är inaktiverat|kräver javascript|slå på javascript
javascript i etkinleştirin|javascript etkinleştir|javascript devre dışı|javascript gerektirir|javascript açık olmalı
включите javascript|включить javascript|javascript отключен|javascript отключён|требуется javascript|необходимо включить javascript
تفعيل جافا سكريبت|تمكين javascript|تفعيل javascript|يرجى تفعيل جافا|جافا سكريبت
javascriptを有効|javascript を有効|javascriptが無効|javascriptをオン|javascriptが必要
启用javascript|启用 javascript|開啟javascript|啟用javascript|启用 java|需要javascript|开启javascript`,
	Paywall: `
subscribe to continue|subscribe to read|subscribe to keep reading|subscribe now to|subscribe for full access|subscribe to unlock|to continue reading|to read the full|to keep reading|read the full story|read the full article|continue reading with|continue reading this article|this article is for subscribers|this content is for subscribers|for subscribers only|subscribers only|subscriber exclusive|exclusive to subscribers|members only|already a subscriber|already a member|become a subscriber|start your free trial|free articles left|article limit|reached your limit|unlock this article|you have read your last
weiterlesen mit|jetzt weiterlesen|um weiterzulesen|artikel weiterlesen|lesen sie den ganzen artikel|den vollständigen artikel|nur für abonnenten|für abonnenten|exklusiv für abonnenten|mit abo lesen|jetzt abonnieren|bereits abonnent|schon abonnent|sie haben bereits ein abo|zugang freischalten|artikel freischalten|kostenlos testen|probemonat|probeabo|jetzt testen|dieser artikel ist kostenpflichtig|plus artikel
réservé aux abonnés|réservée aux abonnés|pour lire la suite|lire la suite de l article|il vous reste|la suite est réservée|article abonné|abonnez vous pour|abonnez vous à partir|déjà abonné|s abonner|je m abonne|contenu réservé
suscríbete para|para seguir leyendo|para continuar leyendo|para leer el artículo completo|solo para suscriptores|sólo para suscriptores|exclusivo para suscriptores|contenido exclusivo|ya eres suscriptor|ya soy suscriptor|suscríbete ahora|hazte socio
abbonati per|per continuare a leggere|continua a leggere abbonandoti|leggi l articolo completo|riservato agli abbonati|contenuto riservato|sei già abbonato|hai già un abbonamento|contenuto per gli abbonati|abbonati ora|abbonati subito
assine para|para continuar lendo|para continuar a ler|conteúdo exclusivo para assinantes|exclusivo para assinantes|só para assinantes|já é assinante|já sou assinante|seja assinante|assine já
abonneer om|om verder te lezen|verder lezen|lees verder met|alleen voor abonnees|voor abonnees|exclusief voor abonnees|al abonnee|neem een abonnement|word abonnee
subskrybuj aby|aby czytać dalej|czytaj dalej z|dalszy ciąg artykułu|pozostało|tylko dla prenumeratorów|tylko dla subskrybentów|dla prenumeratorów|masz już prenumeratę|masz już subskrypcję|kup prenumeratę|wykup dostęp|wykup subskrypcję
för att läsa vidare|för att fortsätta läsa|läs hela artikeln|endast för prenumeranter|för prenumeranter|exklusivt för prenumeranter|redan prenumerant|bli prenumerant|prenumerera för
okumaya devam etmek için|devamını okumak için|abonelere özel|sadece aboneler|abone ol|abone olun|zaten abone
чтобы продолжить чтение|чтобы прочитать|читать полностью|только для подписчиков|доступно по подписке|материал доступен|для подписчиков|оформите подписку|оформить подписку|уже подписаны|уже подписчик
اشترك لقراءة|اشترك لمتابعة|لمتابعة القراءة|لإكمال القراءة|للمشتركين فقط|محتوى حصري|للمشتركين|مشترك بالفعل
続きを読むには|続きは有料|この記事は有料|有料会員限定|有料記事|会員限定|会員記事|残り|ログインして続き|購読者限定|無料会員登録
订阅后阅读|訂閱後閱讀|订阅以继续|继续阅读请|繼續閱讀|阅读全文请|付费阅读|付費閱讀|仅限订阅|僅限訂閱|订阅者专享|訂戶專享|会员专享|會員專享|已是订阅|已訂閱
for abonnenter|for at læse videre|læs videre med|læs hele artiklen|allerede abonnent|er du abonnent|bliv abonnent|for å lese videre|for å lese hele|les videre med|bli abonnent|denne saken er for
vain tilaajille|jatka lukemista|lue koko juttu|oletko jo tilaaja|tilaa ja lue
pro předplatitele|chcete li číst dál|pokračování článku|celý článek si|máte předplatné|pre predplatiteľov|už máte predplatné|odomknite článok
csak előfizetőknek|előfizetői tartalom|a cikk folytatásához|már előfizető|fizessen elő|pentru abonați|continuarea articolului|ești deja abonat|ai deja abonament|abonează te
μόνο για συνδρομητές|για να συνεχίσετε την ανάγνωση|είστε ήδη συνδρομητής|γίνετε συνδρομητής|для передплатників|щоб продовжити читання|вже передплатник|само за абонати|само за абонирани
samo za pretplatnike|već ste pretplatnik|samo za naročnike|že naročnik|ainult tellijale|ainult tellijatele|oled juba tellija|telli ja loe|tik prenumeratoriams|jau prenumeruojate|tikai abonentiem
구독자 전용|유료 회원 전용|유료회원 전용|계속 읽으려면|전체 기사를 보려면|이미 구독|구독하고 계속|למנויים בלבד|כתבה למנויים|להמשך קריאה|כבר מנוי|ویژه مشترکان`,
	Parked: `
domain is for sale|domain for sale|domain may be for sale|buy this domain|this domain is parked|domain is parked|domain parking|parked free|domain has expired|domain name has expired|domain has been registered|future home of|account has been suspended|account suspended|site not published|website coming soon|coming soon|under construction|welcome to nginx|apache2 default page|apache2 ubuntu default|default web page|default web site page|test page for|it works|index of|web server is successfully installed|related searches|privacy policy sponsored listings|sponsored listings
domain steht zum verkauf|domain kaufen|domain zu verkaufen|diese domain ist|domain wurde registriert|domain ist geparkt|hier entsteht|im aufbau|in kürze online
domaine est à vendre|nom de domaine à vendre|acheter ce domaine|site en construction|ce domaine est|bientôt disponible
dominio está en venta|dominio en venta|comprar este dominio|este dominio está|sitio en construcción|próximamente
dominio è in vendita|dominio in vendita|acquista questo dominio|sito in costruzione|questo dominio è
domínio está à venda|domínio à venda|comprar este domínio|site em construção|em breve
domein is te koop|domeinnaam te koop|domein te koop|dit domein is|in aanbouw|website in aanbouw
domena jest na sprzedaż|domena na sprzedaż|kup tę domenę|strona w budowie|domena zaparkowana
domänen är till salu|domän till salu|köp denna domän|under uppbyggnad|denna domän
alan adı satılık|satılık alan adı|satılık domain|bu alan adı|yapım aşamasında
домен продается|домен продаётся|купить домен|домен припаркован|сайт в разработке|сайт находится в разработке|домен не прилинкован
النطاق للبيع|هذا النطاق|شراء هذا النطاق|قيد الإنشاء|الموقع تحت الإنشاء
ドメインは販売中|このドメインは|ドメインを購入|お名前 com|準備中|工事中
域名出售|该域名|购买此域名|網域出售|网站建设中|正在建设中|建設中`,
}
