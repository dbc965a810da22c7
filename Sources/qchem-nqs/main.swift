print("qchem-nqs")
