//! The menu as data.

use Sold::{ByKg, Each, Open};

/// How a dish is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sold {
    Each,
    /// Weighed: the price is that of a kilogram.
    ByKg,
    /// Asked when it is sold.
    Open,
}

/// Where it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Kitchen,
    Oven,
    Bar,
}

/// A category and what stands in it.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    /// SKUs begin with it.
    pub(super) prefix: &'static str,
    pub(super) made: Made,
    /// Taxed as a drink.
    pub(super) drinks: bool,
    /// Courses are cooked one after the other; drinks have none.
    pub(super) course: Option<i64>,
    pub(super) dishes: &'static [Dish],
}

#[derive(Debug)]
pub(super) struct Dish {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// The words of EU Regulation 1169/2011, Annex II, separated by spaces.
    pub(super) allergens: &'static str,
    /// How often it is taken, against the others of its section.
    pub(super) liked: u32,
    pub(super) sold: Sold,
    /// Name and price in cents; the name is empty where there is but one.
    pub(super) variants: &'static [(&'static str, i64)],
    /// Places in [`GROUPS`].
    pub(super) groups: &'static [usize],
}

const fn dish(
    name: &'static str,
    about: &'static str,
    allergens: &'static str,
    liked: u32,
    variants: &'static [(&'static str, i64)],
) -> Dish {
    Dish { name, about, allergens, liked, sold: Each, variants, groups: &[] }
}

impl Dish {
    const fn with(self, groups: &'static [usize]) -> Self {
        Self { groups, ..self }
    }

    const fn sold(self, sold: Sold) -> Self {
        Self { sold, ..self }
    }
}

/// A modifier group: from `min` to `max` of its options.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) min: i64,
    pub(super) max: i64,
    /// Where nothing must be chosen: how many in a thousand choose all the same.
    pub(super) taken: u32,
    /// Name, price in cents, allergens.
    pub(super) options: &'static [(&'static str, i64, &'static str)],
}

const PASTA: usize = 0;
const DONENESS: usize = 1;
const EXTRAS: usize = 2;
const DOUGH: usize = 3;
const DRESSING: usize = 4;
const MILK: usize = 5;
const SIDE: usize = 6;
const ICE: usize = 7;

/// What is chosen with a dish.
pub(super) const GROUPS: &[Choice] = &[
    Choice {
        name: "Pasta",
        min: 1,
        max: 1,
        taken: 1000,
        options: &[
            ("Spaghetti", 0, "gluten"),
            ("Rigatoni", 0, "gluten"),
            ("Tonnarelli", 0, "gluten eggs"),
            ("Gluten-free penne", 150, ""),
        ],
    },
    Choice {
        name: "Doneness",
        min: 1,
        max: 1,
        taken: 1000,
        options: &[("Rare", 0, ""), ("Medium rare", 0, ""), ("Medium", 0, ""), ("Well done", 0, "")],
    },
    Choice {
        name: "Extras",
        min: 0,
        max: 3,
        taken: 280,
        options: &[
            ("Buffalo mozzarella", 250, "milk"),
            ("Parma ham", 250, ""),
            ("Mushrooms", 150, ""),
            ("'Nduja", 200, ""),
            ("Anchovies", 150, "fish"),
            ("Rocket", 100, ""),
        ],
    },
    Choice {
        name: "Dough",
        min: 0,
        max: 1,
        taken: 120,
        options: &[("Wholemeal", 100, "gluten"), ("Gluten-free", 200, "")],
    },
    Choice {
        name: "Dressing",
        min: 1,
        max: 2,
        taken: 1000,
        options: &[("Oil and lemon", 0, ""), ("Balsamic vinegar", 0, "sulphites"), ("Anchovy and garlic", 50, "fish")],
    },
    Choice { name: "Milk", min: 0, max: 1, taken: 150, options: &[("Oat", 40, "gluten"), ("Soya", 40, "soybeans")] },
    Choice {
        name: "Comes with",
        min: 1,
        max: 1,
        taken: 1000,
        options: &[("Roast potatoes", 0, ""), ("Chicory", 0, ""), ("Green salad", 0, ""), ("Nothing", 0, "")],
    },
    Choice { name: "Ice", min: 0, max: 1, taken: 300, options: &[("No ice", 0, ""), ("Lemon", 0, "")] },
];

pub(super) const STARTERS: usize = 0;
pub(super) const FIRSTS: usize = 1;
pub(super) const PIZZE: usize = 2;
pub(super) const MAINS: usize = 3;
pub(super) const SIDES: usize = 4;
pub(super) const DESSERTS: usize = 5;
pub(super) const DRINKS: usize = 6;
pub(super) const WINES: usize = 7;

/// The place of what is drunk after the meal, and at the bar, from here on in [`DRINKS`].
pub(super) const COFFEES_FROM: usize = 8;

pub(super) const SECTIONS: &[Section] = &[
    Section {
        name: "Antipasti",
        prefix: "ANT",
        made: Made::Kitchen,
        drinks: false,
        course: Some(1),
        dishes: &[
            dish("Bruschetta al pomodoro", "Toasted bread, tomatoes, garlic, basil", "gluten", 9, &[("", 550)]),
            dish("Supplì al telefono", "Two rice croquettes with mozzarella", "gluten milk eggs", 10, &[("", 480)]),
            dish("Carciofo alla giudia", "A whole artichoke, fried crisp", "", 6, &[("", 700)]),
            dish("Fiori di zucca", "Courgette flowers, anchovies, mozzarella", "gluten milk fish", 5, &[("", 780)]),
            dish("Burrata e alici", "Burrata from Andria, Cantabrian anchovies", "milk fish", 4, &[("", 1250)]),
            dish("Tagliere misto", "Cured meats and cheeses", "milk nuts", 6, &[("for one", 1150), ("for two", 1980)]),
            dish("Carpaccio di manzo", "Raw beef, rocket, Parmesan", "milk", 3, &[("", 1300)]),
            dish("Baccalà mantecato", "Whipped salt cod on grilled polenta", "fish milk", 2, &[("", 1180)]),
        ],
    },
    Section {
        name: "Primi",
        prefix: "PRI",
        made: Made::Kitchen,
        drinks: false,
        course: Some(2),
        dishes: &[
            dish("Carbonara", "Guanciale, egg yolk, pecorino, pepper", "eggs milk", 12, &[("", 1250)]).with(&[PASTA]),
            dish("Cacio e pepe", "Pecorino romano, black pepper", "milk", 10, &[("", 1150)]).with(&[PASTA]),
            dish("Amatriciana", "Guanciale, tomato, pecorino", "milk", 9, &[("", 1200)]).with(&[PASTA]),
            dish("Gricia", "Guanciale, pecorino", "milk", 5, &[("", 1180)]).with(&[PASTA]),
            dish("Arrabbiata", "Tomato, garlic, chilli", "", 4, &[("", 980)]).with(&[PASTA]),
            dish("Vongole", "Clams, garlic, parsley", "molluscs", 6, &[("", 1580)]).with(&[PASTA]),
            dish("Gnocchi al ragù", "Potato dumplings, beef and pork", "gluten celery", 5, &[("", 1280)]),
            dish("Lasagne della casa", "Layers of pasta, ragù, béchamel", "gluten eggs milk celery", 6, &[("", 1300)]),
            dish("Risotto alla zucca", "Carnaroli rice, pumpkin, taleggio", "milk celery", 3, &[("", 1350)]),
            dish("Minestrone", "Vegetables of the day", "celery", 2, &[("small", 650), ("large", 880)]),
        ],
    },
    Section {
        name: "Pizze",
        prefix: "PIZ",
        made: Made::Oven,
        drinks: false,
        course: Some(2),
        dishes: &[
            dish("Margherita", "Tomato, fior di latte, basil", "gluten milk", 16, &[("normal", 850), ("large", 1450)])
                .with(&[DOUGH, EXTRAS]),
            dish("Marinara", "Tomato, garlic, oregano", "gluten", 5, &[("normal", 700), ("large", 1200)])
                .with(&[DOUGH, EXTRAS]),
            dish(
                "Diavola",
                "Tomato, mozzarella, spicy salami",
                "gluten milk",
                11,
                &[("normal", 1020), ("large", 1720)],
            )
            .with(&[DOUGH, EXTRAS]),
            dish("Napoli", "Tomato, mozzarella, anchovies", "gluten milk fish", 5, &[("normal", 980), ("large", 1650)])
                .with(&[DOUGH, EXTRAS]),
            dish(
                "Capricciosa",
                "Ham, mushrooms, artichokes, olives",
                "gluten milk",
                8,
                &[("normal", 1120), ("large", 1880)],
            )
            .with(&[DOUGH, EXTRAS]),
            dish("Quattro formaggi", "Four cheeses, no tomato", "gluten milk", 7, &[("normal", 1080), ("large", 1820)])
                .with(&[DOUGH, EXTRAS]),
            dish("Boscaiola", "Sausage, mushrooms, mozzarella", "gluten milk", 6, &[("normal", 1100), ("large", 1850)])
                .with(&[DOUGH, EXTRAS]),
            dish("Ortolana", "Grilled vegetables, mozzarella", "gluten milk", 4, &[("normal", 1040), ("large", 1760)])
                .with(&[DOUGH, EXTRAS]),
            dish(
                "Prosciutto e rucola",
                "Parma ham, rocket, Parmesan",
                "gluten milk",
                6,
                &[("normal", 1250), ("large", 2050)],
            )
            .with(&[DOUGH, EXTRAS]),
            dish("Tonno e cipolla", "Tuna, red onion", "gluten milk fish", 4, &[("normal", 1060), ("large", 1780)])
                .with(&[DOUGH, EXTRAS]),
            dish("Calzone", "Folded: ricotta, ham, mozzarella", "gluten milk", 4, &[("", 1120)]).with(&[DOUGH]),
            dish("Focaccia bianca", "Olive oil, rosemary, salt", "gluten", 3, &[("", 500)]).with(&[DOUGH]),
        ],
    },
    Section {
        name: "Secondi",
        prefix: "SEC",
        made: Made::Kitchen,
        drinks: false,
        course: Some(3),
        dishes: &[
            dish("Saltimbocca", "Veal, ham, sage", "gluten milk", 7, &[("", 1680)]).with(&[SIDE]),
            dish(
                "Tagliata di manzo",
                "Sliced sirloin, rocket, Parmesan",
                "milk",
                8,
                &[("200 g", 1980), ("300 g", 2680)],
            )
            .with(&[DONENESS, SIDE]),
            dish("Bistecca alla fiorentina", "T-bone from the grill, by weight", "", 3, &[("", 5800)])
                .sold(ByKg)
                .with(&[DONENESS]),
            dish("Pollo alla cacciatora", "Chicken, olives, rosemary, vinegar", "sulphites", 4, &[("", 1480)])
                .with(&[SIDE]),
            dish("Coda alla vaccinara", "Braised oxtail, celery", "celery", 3, &[("", 1720)]),
            dish("Fritto misto", "Squid, prawns, anchovies", "gluten fish crustaceans molluscs", 5, &[("", 1850)]),
            dish("Pesce del giorno", "Ask what came in this morning", "fish", 3, &[("", 0)]).sold(Open).with(&[SIDE]),
            dish("Parmigiana di melanzane", "Aubergines, tomato, Parmesan", "milk eggs", 5, &[("", 1280)]),
        ],
    },
    Section {
        name: "Contorni",
        prefix: "CON",
        made: Made::Kitchen,
        drinks: false,
        course: Some(3),
        dishes: &[
            dish("Insalata mista", "Leaves, tomatoes, fennel", "", 8, &[("small", 450), ("large", 680)])
                .with(&[DRESSING]),
            dish("Cicoria ripassata", "Chicory, garlic, chilli", "", 5, &[("", 520)]),
            dish("Patate al forno", "Roast potatoes, rosemary", "", 9, &[("", 480)]),
            dish("Verdure grigliate", "Courgette, aubergine, pepper", "", 4, &[("", 580)]),
            dish("Fagioli all'uccelletto", "Beans, sage, tomato", "", 2, &[("", 500)]),
            dish("Cestino di pane", "Bread and grissini", "gluten sesame", 3, &[("", 250)]),
        ],
    },
    Section {
        name: "Dolci",
        prefix: "DOL",
        made: Made::Kitchen,
        drinks: false,
        course: Some(4),
        dishes: &[
            dish("Tiramisù", "Mascarpone, savoiardi, coffee", "gluten eggs milk", 14, &[("", 620)]),
            dish("Panna cotta", "With berries or caramel", "milk", 7, &[("", 550)]),
            dish("Cannolo siciliano", "Ricotta, pistachio", "gluten milk nuts", 5, &[("", 480)]),
            dish("Torta caprese", "Chocolate and almonds, no flour", "eggs milk nuts", 4, &[("", 600)]),
            dish(
                "Gelato",
                "Fior di latte, pistachio, hazelnut, lemon",
                "milk nuts",
                8,
                &[("one scoop", 280), ("two scoops", 480), ("three scoops", 650)],
            ),
            dish("Affogato", "Ice cream under an espresso", "milk", 3, &[("", 520)]),
            dish("Frutta di stagione", "What the market had", "", 2, &[("", 500)]),
        ],
    },
    Section {
        name: "Bevande e caffè",
        prefix: "BEV",
        made: Made::Bar,
        drinks: true,
        course: None,
        dishes: &[
            dish("Acqua naturale", "Still water", "", 12, &[("0.5 l", 180), ("0.75 l", 280)]),
            dish("Acqua frizzante", "Sparkling water", "", 11, &[("0.5 l", 180), ("0.75 l", 280)]),
            dish("Cola", "From the bottle", "", 8, &[("0.33 l", 350)]).with(&[ICE]),
            dish("Chinotto", "Bitter orange soda", "", 4, &[("0.275 l", 350)]).with(&[ICE]),
            dish("Aranciata", "Orange soda", "", 4, &[("0.275 l", 350)]).with(&[ICE]),
            dish("Birra alla spina", "Lager on tap", "gluten", 12, &[("0.2 l", 320), ("0.4 l", 560)]),
            dish("Birra artigianale", "Amber ale from Borgorose", "gluten", 5, &[("0.33 l", 620), ("0.75 l", 1350)]),
            dish("Spritz", "Bitter, prosecco, soda", "sulphites", 6, &[("", 750)]).with(&[ICE]),
            dish("Espresso", "", "", 16, &[("single", 150), ("double", 240)]),
            dish("Cappuccino", "", "milk", 7, &[("", 220)]).with(&[MILK]),
            dish("Caffè macchiato", "", "milk", 6, &[("", 170)]).with(&[MILK]),
            dish("Tè", "Black, green or herbal", "", 2, &[("", 320)]),
            dish("Grappa", "Nebbiolo", "", 3, &[("4 cl", 520)]),
            dish("Amaro", "Of the house", "", 5, &[("4 cl", 480)]),
        ],
    },
    Section {
        name: "Vini",
        prefix: "VIN",
        made: Made::Bar,
        drinks: true,
        course: None,
        dishes: &[
            dish(
                "Vino della casa, bianco",
                "Malvasia",
                "sulphites",
                12,
                &[("0.25 l", 450), ("0.5 l", 800), ("1 l", 1450)],
            ),
            dish(
                "Vino della casa, rosso",
                "Cesanese",
                "sulphites",
                12,
                &[("0.25 l", 450), ("0.5 l", 800), ("1 l", 1450)],
            ),
            dish("Frascati superiore", "Lazio", "sulphites", 6, &[("glass", 550), ("bottle", 2200)]),
            dish("Vermentino", "Sardinia", "sulphites", 5, &[("glass", 600), ("bottle", 2500)]),
            dish("Chianti classico", "Tuscany", "sulphites", 6, &[("glass", 650), ("bottle", 2800)]),
            dish("Montepulciano", "Abruzzo", "sulphites", 5, &[("glass", 520), ("bottle", 2000)]),
            dish("Barolo", "Piedmont", "sulphites", 1, &[("bottle", 5800)]),
            dish("Prosecco", "Valdobbiadene", "sulphites", 5, &[("glass", 600), ("bottle", 2600)]),
            dish("Franciacorta brut", "Lombardy", "sulphites", 1, &[("bottle", 4500)]),
        ],
    },
];

/// The SKU of a variant: `PIZ-01` for the first of the first pizza, `PIZ-01B` for its second.
pub(super) fn sku(section: usize, dish: usize, variant: usize) -> String {
    let suffix = ["", "B", "C", "D"].get(variant).copied().unwrap_or("X");
    format!("{}-{:02}{suffix}", SECTIONS[section].prefix, dish + 1)
}
