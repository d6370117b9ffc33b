"""Frequent short words and tell-tale letters of the languages that share a script.

Chosen so that a word stands for few languages; used only to choose between languages that
are installed, never to name one that is not.
"""

STOP_WORDS: dict[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "eng": "the of and to in is was for that with as his on be at by this had not are but "
        "from have they which one you were all her she there would their we him been has when "
        "who will no more if out so said what up its about than into them can only other it he",
        "fra": "le la les de des du et en un une est que qui dans pour sur pas par au aux avec "
        "ce cette ces son sa ses il elle ils nous vous ne se plus mais ou où été était sont "
        "leur comme tout être fait à y lui même sans sous dont puis votre notre l d qu n j",
        "deu": "der die das und ist in den von zu mit nicht ein eine auf für im dem sich des auch "
        "als es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über",
        "spa": "el la los las de que y en un una es por con para del se no su al lo como más pero "
        "sus le ya este fue sí porque esta entre cuando muy sin sobre también hasta hay donde",
        "ita": "il lo la gli le di che e è un una per con non del della dei delle si da al alla "
        "nel nella sono come più ma anche dal questo questa ha era suo sua ci se degli dopo",
        "por": "o a os as de que e em um uma para com não do da dos das por no na se mais como "
        "mas foi ao ele ela seu sua ou ser quando muito há nos já está também só pelo pela",
        "nld": "de het een en van in is dat op te zijn voor met niet aan er om ook als maar bij "
        "was naar dan uit door over ze hij nog wordt heeft deze worden had of tot werd hun",
        "pol": "i w na z do się nie to jest że o jak po od za co dla przez ale oraz był są tym "
        "tego jego przy może tak już być lub także został która który",
        "ces": "a v na se je že s z do o to i jako za by ale jsou pro po který od být byl však "
        "jeho při také nebo až jen ve které podle",
        "swe": "och i att det som en på är av för med den till inte har de om ett han men var jag "
        "från så kan när vi sig hon eller ut skulle där också",
        "dan": "og i at det er en til af på der den med for ikke som de har et han var jeg fra "
        "vi kan så om men hun sig eller skal blev også efter",
        "nor": "og i det er på til som en av for at med ikke den har de et han var jeg fra vi "
        "kan så om men hun seg eller skal ble også etter",
        "fin": "ja on ei se että oli hän ovat mutta myös kun joka jos niin sekä ole olisi kuin "
        "voi sen tai mukaan jo vain ollut",
        "tur": "ve bir bu da de için ile olarak daha çok gibi olan kadar sonra ancak en ne var "
        "ama her değil olduğu göre",
        "ron": "de și în la a cu pe un o din care pentru este nu ce mai sau al ale prin după "
        "fost sunt să dar fi s-a",
        "hun": "a az és hogy nem egy is volt meg csak ez el már mint de még ki vagy azt kell "
        "van lehet majd minden után",
        "rus": "и в не на что с он как это по но они к у из за то все так его от о же был для "
        "мы бы вы ещё или была её было когда только который чтобы при до даже без их если",
        "ukr": "і в не на що з він як це по але вони до у із за та так його від про був для ми "
        "ви ще або була її було коли тільки який щоб при чи бути також після є",
        "bul": "и в не на че с той като това по но те до у от за то така го е да се са ще или "
        "беше когато само който при след към със във",
        "srp": "и у не на да је се са он као то по али они до од за су био или која када само "
        "који при после ће би није",
    }.items()
}

TELLTALES: dict[str, frozenset[str]] = {
    "fra": frozenset("éèêàùçœëïûâîô"),
    "deu": frozenset("äöüß"),
    "spa": frozenset("ñáíóú¿¡é"),
    "ita": frozenset("èàòùì"),
    "por": frozenset("ãõçáâêóú"),
    "pol": frozenset("ąćęłńśźż"),
    "ces": frozenset("ěščřžýůťď"),
    "swe": frozenset("åäö"),
    "dan": frozenset("æøå"),
    "nor": frozenset("æøå"),
    "fin": frozenset("äö"),
    "tur": frozenset("ğışçöü"),
    "ron": frozenset("ăâîșț"),
    "hun": frozenset("őűáéíóöú"),
    "rus": frozenset("ыэъё"),
    "ukr": frozenset("іїєґ"),
    "bul": frozenset("ъщ"),
    "srp": frozenset("ђјљњћџ"),
}

SCRIPTS: dict[str, str] = {
    "rus": "CYRILLIC",
    "ukr": "CYRILLIC",
    "bul": "CYRILLIC",
    "bel": "CYRILLIC",
    "mkd": "CYRILLIC",
    "srp": "CYRILLIC",
    "kaz": "CYRILLIC",
    "ell": "GREEK",
    "ara": "ARABIC",
    "fas": "ARABIC",
    "urd": "ARABIC",
    "heb": "HEBREW",
    "hin": "DEVANAGARI",
    "mar": "DEVANAGARI",
    "nep": "DEVANAGARI",
    "ben": "BENGALI",
    "tam": "TAMIL",
    "tel": "TELUGU",
    "tha": "THAI",
    "kat": "GEORGIAN",
    "hye": "ARMENIAN",
    "kor": "HANGUL",
    "jpn": "CJK",
    "chi_sim": "CJK",
    "chi_tra": "CJK",
}
"""Every other language counts as Latin."""
