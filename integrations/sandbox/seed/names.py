"""Names for made-up people, and the awkward ones that break careless programs."""

FIRST = (
    "Grace", "Owen", "Ruth", "Priya", "Tom", "Dana", "Elena", "Jo", "Marcus", "Nadia", "Hannah",
    "Victor", "Amara", "Felix", "Irene", "Caleb", "Mina", "Diego", "Yuki", "Fatima", "Lena",
    "Oscar", "Beatrice", "Hugo", "Sofia", "Malik", "Ingrid", "Rosa", "Leo", "Camila", "Wendy",
    "Arthur", "Chloe", "Simon", "Talia", "Gustavo", "Naomi", "Peter", "Aisha", "Colin", "Vera",
    "Mateo", "Joan", "Rafael", "Keiko", "Harriet", "Bruno", "Lucía", "Dylan", "Esther",
)
LAST = (
    "Hale", "Turner", "Adeyemi", "Nowak", "Whitfield", "Kessler", "Rossi", "Park", "Lang",
    "Farouk", "Bishop", "Castillo", "Mensah", "Quist", "Delgado", "Sorensen", "Abbott", "Ito",
    "Marsh", "Pereira", "Vance", "Goldberg", "Sato", "Ibarra", "Fields", "Kowalski", "Duarte",
    "Ellison", "Mbeki", "Prentice", "Ortega", "Lindqvist", "Barros", "Chen", "Hartley", "Rhee",
    "Navarro", "Tully", "Osei", "Winslow",
)
SPANISH = {"Diego", "Elena", "Rosa", "Camila", "Gustavo", "Mateo", "Rafael", "Lucía", "Sofia"}
AWKWARD = (
    ("Wolfeschlegelsteinhausen-Bergerdorff", "Montgomery-Featherstonehaugh of the Lower Meadows"),
    ("Siobhán", "O\u2019Connor-D'Angelo"),
    ("Zoë", "Müller-Lüdenscheidt"),
    ("X", "Æ"),
    ("J", "K"),
    ("מרים", "לוי"),
    ("ليلى", "منصور"),
    ("Sunny ☀️", "Day 💅🏽"),
    ("SHOUTY", "MCCAPSFACE"),
    ("<b>Bobby</b>", "<script>alert(1)</script>"),
    ("Null", "None"),
    ("Robert'); DROP", "TABLE clients;--"),
    ("陈", "美玲"),
    ("e\u0301lodie", "de la  Cruz"),
    ("{{ first_name }}", "%s ${last}"),
    ("Test", "True"),
)
PREFERENCES = (
    "Prefers a quiet room.", "Likes tea, no small talk.", "Comes with her own playlist.",
    "Prefers the window chair.", "Runs late on Fridays.", "Asks for extra time on the scalp.",
    "Likes firm pressure.", "Prefers light pressure.", "Wheelchair: needs room 1.",
    "Always asks about parking.", "Likes to be seen by the same person each time.",
)
CAUTIONS = (
    "Allergic to lavender.", "Allergic to almond oil.", "Sensitive to fragrance.",
    "Allergic to latex gloves.", "Sensitive skin, patch test first.", "Pregnant, due in spring.",
    "Uses retinol.", "Sore left shoulder, go gently.",
)
TAGS = ("vip", "referral", "membership", "neighbour", "bride", "prepays", "new")
AREA_CODES = {
    "loc_1": ("213", "310", "323", "415", "619", "714", "818"),
    "loc_2": ("617", "857", "212", "646", "718", "401", "203"),
}
POSTAL_CODES = {
    "loc_1": ("90012", "90026", "90039", "90065", "91101"),
    "loc_2": ("02110", "02128", "02139", "02210", "02446"),
}
COMMENTS = {
    5: ("Lovely as always.", "Best massage in years!", "So kind, and right on time.", ""),
    4: ("Very nice. A little noisy by the door.", "Good, thank you.", ""),
    3: ("Fine, but we started 15 minutes late.", "It was okay."),
    2: ("The color came out darker than we agreed.", "Felt rushed."),
    1: ("My skin was red for two days. Please call me.", "Nobody was at the desk when I came."),
}
