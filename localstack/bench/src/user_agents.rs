//! User agents as redirects see them: some hundreds, each as common as its kind and no two of one kind alike.

const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
const PHONES: [&str; 12] = [
    "Pixel 6",
    "Pixel 7a",
    "Pixel 8",
    "Pixel 9 Pro",
    "SM-A546B",
    "SM-G991B",
    "SM-S911B",
    "SM-S928U",
    "2201116SG",
    "CPH2451",
    "M2101K6G",
    "moto g power (2022)",
];
const TABLETS: [&str; 4] = ["SM-X700", "SM-T870", "Lenovo TB-J606F", "KFTRWI"];
const DESKTOPS: [&str; 3] = ["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"];
const PROGRAMS: [&str; 12] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0",
    "curl/8.5.0",
    "python-requests/2.31.0",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
];

/// All of them, with how common each is.
pub(crate) fn all() -> Vec<(String, f64)> {
    [
        (0.30, chrome()),
        (0.08, edge()),
        (0.06, firefox()),
        (0.08, safari()),
        (0.20, iphone()),
        (0.16, android(&PHONES, "Mobile Safari/537.36")),
        (0.02, android(&TABLETS, "Safari/537.36")),
        (0.02, ipad()),
        (0.03, in_app()),
        (0.05, PROGRAMS.map(str::to_owned).to_vec()),
    ]
    .into_iter()
    .flat_map(|(share, kind)| {
        let each = share / f64::from(u32::try_from(kind.len()).expect("some hundreds"));
        kind.into_iter().map(move |agent| (agent, each))
    })
    .collect()
}

fn chrome() -> Vec<String> {
    let of =
        |system| (118..=131).map(move |n| format!("Mozilla/5.0 ({system}) {WEBKIT} Chrome/{n}.0.0.0 Safari/537.36"));
    DESKTOPS.into_iter().flat_map(of).collect()
}

fn edge() -> Vec<String> {
    let of = |n| format!("Mozilla/5.0 ({}) {WEBKIT} Chrome/{n}.0.0.0 Safari/537.36 Edg/{n}.0.0.0", DESKTOPS[0]);
    (118..=131).map(of).collect()
}

fn firefox() -> Vec<String> {
    let systems = [DESKTOPS[0], "Macintosh; Intel Mac OS X 10.15", DESKTOPS[2]];
    let of =
        |system| (115..=133).map(move |n| format!("Mozilla/5.0 ({system}; rv:{n}.0) Gecko/20100101 Firefox/{n}.0"));
    systems.into_iter().flat_map(of).collect()
}

fn safari() -> Vec<String> {
    let of = |version| {
        format!(
            "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Safari/605.1.15",
            DESKTOPS[1]
        )
    };
    ["16.5", "16.6", "17.0", "17.2", "17.4", "17.5", "17.6", "18.0", "18.1"].map(of).to_vec()
}

fn ios() -> impl Iterator<Item = (u32, u32)> {
    [(16, 6), (16, 7), (17, 0), (17, 2), (17, 4), (17, 5), (17, 6), (18, 0), (18, 1), (18, 2)].into_iter()
}

fn iphone() -> Vec<String> {
    ios()
        .map(|(major, minor)| {
            format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/{major}.{minor} Mobile/15E148 Safari/604.1"
            )
        })
        .collect()
}

fn ipad() -> Vec<String> {
    ios()
        .map(|(major, minor)| {
            format!(
                "Mozilla/5.0 (iPad; CPU OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/{major}.{minor} Mobile/15E148 Safari/604.1"
            )
        })
        .collect()
}

fn android(models: &[&str], end: &str) -> Vec<String> {
    let of = |model| {
        (119..=131).map(move |n| {
            format!("Mozilla/5.0 (Linux; Android {}; {model}) {WEBKIT} Chrome/{n}.0.0.0 {end}", 10 + n % 6)
        })
    };
    models.iter().flat_map(of).collect()
}

/// What applications with a browser inside add to their system's.
fn in_app() -> Vec<String> {
    ios()
        .map(|(major, minor)| {
            format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Mobile/15E148 Instagram 361.0.0.35.82 (iPhone14,5; iOS {major}_{minor}; en_US; en; scale=3.00; 1170x2532; 671551363)"
            )
        })
        .collect()
}
