"""Name, street and language lists that made-up families draw from."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FEMALE_NAMES = _words(
    "Ada Aisha Alma Amara Amelia Ana Anh Aurora Beatriz Bella Camila Carmen Chloé Clara Daniela Destiny "
    "Elena Eliza Emma Esther Eva Fatima Fiona Gabriela Grace Hana Hazel Imani Inés Iris Jada Jasmine "
    "Jia Josefina June Kayla Kiara Laila Leah Lena Lina Lucía Lucy Maja María Maya Mei Mia Nadia Naomi "
    "Nia Nora Olivia Paloma Priya Rosa Ruby Sara Sofía Talia Uma Valentina Violet Willa Ximena Yara "
    "Zara Zoë "
)
MALE_NAMES = _words(
    "Abel Adrián Ahmed Aiden Alan Amir André Antonio Asher Benjamin Björn Caleb Carlos Cesar Dante "
    "Darius Dev Diego Eli Elias Emmanuel Ethan Ezra Felix Finn Gabriel Gavin Hassan Henry Hugo Ian "
    "Isaac Ivan Jamal Jayden Jesús Joel José Julian Kai Kenji Kofi Leo Levi Liam Luis Malik Marcus "
    "Martín Mateo Micah Minh Nathan Noah Omar Oscar Owen Paul Pedro Quinn Rafael Raj René Samuel "
    "Santiago Silas Tariq Theo Tomás Uriel Victor Wei Xavier Yusuf Zachary "
)
NEUTRAL_NAMES = _words(
    "Alex Ariel Avery Blake Cameron Casey Drew Eden Jordan Kerry Morgan Parker Quincy River Robin Sage "
    "Sky Taylor "
)
SURNAMES = _words(
    "Abbott Abdi Acosta Adeyemi Aguilar Ali Allen Álvarez Anderson Bailey Baker Banks Begum Bell "
    "Bennett Booker Brooks Brown Bui Butler Campbell Cárdenas Carter Castillo Chang Chen Clark Cole "
    "Collins Cruz Dang Davis Delgado Desai Díaz Diop Dixon Dorsey Edwards Ellis Estrada Evans Fields "
    "Fischer Flores Ford Foster Franklin Freeman García Gibson Gómez González Gray Greene Gupta Haddad "
    "Hall Hansen Harper Harris Hassan Hayes Henderson Hernández Hill Ho Howard Hughes Hunter Hussein "
    "Ibáñez Jackson James Jenkins Jiménez Johnson Jones Joseph Kamara Kaplan Kelly Khan Kim King "
    "Kowalski Kumar Lam Larson Le Lee Lewis Li Lin Long López Luna Malone Mansour Marsh Martínez Mason "
    "McCoy Mehta Mendoza Mensah Meyer Miller Mitchell Moore Morales Muñoz Murphy Nelson Ngo Nguyen "
    "Nowak Núñez O'Brien O'Neal Okafor Olsen Ortega Owens Park Parker Patel Pérez Perkins Peterson Pham "
    "Phillips Powell Quinn Ramírez Reed Reyes Rivera Robinson Rodríguez Rogers Rossi Ruiz Saleh Sánchez "
    "Santos Schmidt Scott Shah Silva Smith Smith-Jones Sokolov Stewart Suárez Sullivan Sutton Tanaka "
    "Taylor Thomas Torres Tran Tucker Turner Vang Vargas Vega Vu Walker Wang Ward Washington Weber "
    "White Williams Wilson Wong Wright Xiong Yang Young Zhang "
)
STREETS = _words(
    "Alder Ash Bank Birch Bluff Bridge Canal Cedar Center Chestnut Clay Cottage Depot Dock Elm Ferry "
    "Foundry Garden Granite Grove Harbor Hickory High Juniper Lake Laurel Linden Locust Maple Market "
    "Meadow Mill Mulberry Oak Orchard Park Pearl Pine Poplar Prospect Quarry River Rose School Shore "
    "Spring Spruce State Summit Sycamore Union Valley Walnut Washington Water Willow Winter "
)
LANGUAGES = ("english", "spanish", "vietnamese", "arabic", "somali", "hmong", "chinese")
NICKNAMES = {
    "Amelia": "Millie", "Antonio": "Tony", "Aurora": "Rory", "Beatriz": "Bea", "Benjamin": "Ben",
    "Cameron": "Cam", "Camila": "Cami", "Daniela": "Dani", "Destiny": "Desi", "Eliza": "Liza",
    "Emmanuel": "Manny", "Gabriel": "Gabe", "Gabriela": "Gaby", "Isaac": "Ike", "Jasmine": "Jazz",
    "Jayden": "Jay", "Jesús": "Chuy", "Jordan": "Jordy", "José": "Pepe", "Josefina": "Josie",
    "Kayla": "Kay", "Mateo": "Teo", "Nathan": "Nate", "Olivia": "Liv", "Oscar": "Ozzie", "Rafael": "Rafa",
    "Samuel": "Sam", "Santiago": "Santi", "Talia": "Tali", "Taylor": "Tay", "Theo": "Teddy",
    "Valentina": "Val", "Victor": "Vic", "Violet": "Vi", "Xavier": "Xavi", "Ximena": "Xime",
    "Zachary": "Zach",
}  # fmt: skip
